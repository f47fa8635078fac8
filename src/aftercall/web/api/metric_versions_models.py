"""What metric_versions.py answers."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from aftercall.web.api.models import Shape


class VersionShape(Shape):
    version: str | None = Field(
        description="null: from then on nothing was extracted, or it cannot be asked."
    )
    current: bool
    conversations: int = Field(description="Calls with a value of it, or an unknown, or a failure.")
    standing: int = Field(description="Calls in which it is the newest extraction.")
    at: str = Field(description="When it was made; where that is not known, its first value.")
    by: str = Field(description="Empty: not known.")
    type: str | None = Field(description="null, as all that follows: not from this registry.")
    options: list[str] | None
    definition: str | None
    extraction: dict[str, Any] | None


class VersionsShape(Shape):
    name: str
    current: str | None
    versions: list[VersionShape] = Field(description="The newest first.")


class SaidShape(Shape):
    status: str
    value: Any


class MoveShape(Shape):
    old: SaidShape
    new: SaidShape
    agrees: bool
    conversations: int


class DifferingShape(Shape):
    conversation_id: str
    old: SaidShape
    new: SaidShape
    old_reason: str | None
    new_reason: str | None


class ComparedShape(Shape):
    name: str
    old: str
    new: str
    conversations: int = Field(description="That have both.")
    agree: int
    moves: list[MoveShape] = Field(description="The most frequent first, 200 at most.")
    calls: list[DifferingShape] = Field(description="Those that differ.")


VERSIONS: dict[str, Any] = {
    "name": "RESOLUTION",
    "current": "3f2a9c01d4e5",
    "versions": [
        {
            "version": "3f2a9c01d4e5",
            "current": True,
            "conversations": 1840,
            "standing": 1840,
            "at": "2026-03-01T09:30:00.000Z",
            "by": "Ann",
            "type": "categorical",
            "options": ["resolved", "unresolved"],
            "definition": "How the call ended for the caller.",
            "extraction": {"extract": "Was it resolved?"},
        }
    ],
}
COMPARED: dict[str, Any] = {
    "name": "RESOLUTION",
    "old": "b81e77c0aa12",
    "new": "3f2a9c01d4e5",
    "conversations": 400,
    "agree": 388,
    "moves": [
        {
            "old": {"status": "ok", "value": "resolved"},
            "new": {"status": "ok", "value": "resolved"},
            "agrees": True,
            "conversations": 388,
        },
        {
            "old": {"status": "ok", "value": "resolved"},
            "new": {"status": "unknown", "value": None},
            "agrees": False,
            "conversations": 12,
        },
    ],
    "calls": [
        {
            "conversation_id": "call-7f3a",
            "old": {"status": "ok", "value": "resolved"},
            "new": {"status": "unknown", "value": None},
            "old_reason": "The caller said thanks.",
            "new_reason": "Nobody confirmed it.",
        }
    ],
}
