"""What the planner makes of a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aftercall.analyst.planner.frame import Frame
from aftercall.metrics.query import Query

Kind = Literal["number", "list", "why", "metrics", "define", "ambiguous", "refused"]
Reason = Literal["future", "opinion", "action", "unknown", "unclear", "empty", "too_long"]


@dataclass(frozen=True)
class Understood:
    """One part of the question and what it was taken for. ``start`` and ``end``: characters of the question.
    ``role``: measure, where, by, over, interval, compare, sort, limit, corrected... ``means``: for people.
    ``corrected``: another spelling was taken for meant."""

    start: int
    end: int
    text: str
    role: str
    means: str
    corrected: bool = False


@dataclass(frozen=True)
class Alternative:
    """Another question that can be answered; of an ambiguous word also what it would mean."""

    question: str
    means: str = ""


@dataclass(frozen=True)
class Plan:
    """``kind``: number: ``query`` answers it. list, why: it is about the conversations ``query`` is of.
    metrics: what can be asked about. define: what ``metric`` is. ambiguous, refused: nothing is answered,
    ``message`` says why, and ``alternatives`` what could be asked. ``then``: arithmetic on the answer."""

    question: str
    kind: Kind
    query: Query | None = None
    understood: Sequence[Understood] = ()
    not_understood: Sequence[str] = ()
    message: str = ""
    reason: Reason | None = None
    alternatives: Sequence[Alternative] = ()
    notes: Sequence[str] = ()
    metric: str = ""
    then: Literal["", "mean"] = ""
    frame: Frame | None = None
    """What a question that follows amends."""
    followed: bool = False

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        told: dict[str, Any] = {
            "question": self.question,
            "kind": self.kind,
            "query": None if self.query is None else self.query.plain(),
            "understood": [vars(one) for one in self.understood],
            "not_understood": list(self.not_understood),
            "message": self.message,
            "reason": self.reason,
            "alternatives": [vars(one) for one in self.alternatives],
            "notes": list(self.notes),
            "followed": self.followed,
            "frame": None if self.frame is None else self.frame.plain(),
        }
        return told


@dataclass
class Refused(Exception):
    """Within the planner: why this cannot become a Query."""

    reason: Reason
    message: str
    alternatives: Sequence[Alternative] = ()
    words: Sequence[str] = field(default_factory=tuple)


Values = Mapping[str, Sequence[Any]]
