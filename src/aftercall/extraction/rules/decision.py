"""What rules decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from aftercall.extraction.rules.condition import Hit


@dataclass(frozen=True, slots=True)
class Decision:
    status: Literal["ok", "unknown", "not_applicable"]
    value: Any = None
    reason: str = ""
    hits: tuple[Hit, ...] = ()
