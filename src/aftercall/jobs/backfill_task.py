"""What a backfill is to do, as it is asked for and as the catalog keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

AT_ONCE = 4
PILOT = 20


@dataclass(frozen=True, slots=True)
class Task:
    query: Mapping[str, Any]
    """A metrics.Query whose range has two fixed ends: calls that come later are not its business."""
    metrics: tuple[str, ...]
    versions: Mapping[str, str]
    """Of their definitions, when it was asked for: it ends when one of them is changed."""
    pilot: int = PILOT
    """Conversations that are tried first; 0: none."""
    at_once: int = AT_ONCE
    """Conversations for which a model is asked at the same time."""
    per_minute: float | None = None
    """Conversations begun in a minute; None: as fast as it goes."""
    again: bool = False
    """Also those that have a value of this version; models are then asked anew."""
    range: tuple[int, int] = field(default=(0, 0))
    """Epoch milliseconds, the second exclusive."""

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        told = {**stored, "metrics": tuple(stored["metrics"]), "range": tuple(stored["range"])}
        return cls(**told)
