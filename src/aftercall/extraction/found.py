"""What an extractor found for one field of one call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from aftercall.model.values import Value

Status = Literal["ok", "unknown", "not_applicable", "failed", "ungrounded"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A claim of where it is said; after the check (evidence.py) a fact."""

    turn: int
    """1, 2, 3... of all utterances."""
    text: str
    """Verbatim, after the check."""
    speaker: str = ""
    turn_id: str = ""
    """The id of the turn's event."""

    def as_evidence(self) -> dict[str, Any]:
        told = {"turn": self.turn, "speaker": self.speaker, "quote": self.text}
        return told | ({"turn_id": self.turn_id} if self.turn_id else {})


@dataclass(frozen=True, slots=True)
class Asked:
    """What model calls it took. ``tokens``, ``cost`` and ``latency_ms`` are of all fields asked together:
    divide by ``shared_by`` for one field's part."""

    model: str
    prompt: str
    """Hash of instructions and schema, without the call: the same for every call of these definitions."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0
    """In the currency of the prices; None: the model has none."""
    latency_ms: float = 0.0
    requests: int = 0
    """Answers that came, repairs counted."""
    windows: int = 1
    shared_by: int = 1
    cached: bool = False
    """Every answer was a stored one."""


@dataclass(frozen=True, slots=True)
class Found:
    """``status`` ok: there is a value. unknown: the call does not tell. not_applicable: the question does not
    arise. failed: nobody could say, with the reason. ungrounded: there is a value, and its quotes do not
    stand in the call."""

    name: str
    status: Status
    extractor: str
    value: Value | None = None
    reason: str = ""
    evidence: tuple[Quote, ...] = ()
    self_reported: float | None = None
    """The model's own confidence, 0 to 1: its word, not calibrated."""
    asked: Asked | None = None
    passing: bool = False
    """The failure may be gone later by itself."""
    tried: tuple[tuple[str, str, str], ...] = field(default=())
    """Extractors before this one: name, status, reason."""
