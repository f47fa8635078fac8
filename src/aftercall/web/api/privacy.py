"""What a key may see of a conversation, by its scopes. docs/api.md has this as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aftercall.web.caller import Caller

HIDDEN = "[hidden: needs the scope read:pii]"
_NUMBERS = ("from_number", "to_number", "to")


@dataclass(frozen=True, slots=True)
class View:
    """``transcripts``: turns, state, attributes and function calls. ``pii``: whole phone numbers, and log
    entries marked as personal."""

    transcripts: bool
    pii: bool

    @classmethod
    def of(cls, caller: Caller) -> View:
        return cls(caller.may("read:transcripts"), caller.may("read:pii"))

    def number(self, number: str | None) -> str | None:
        """A phone number, or without read:pii its last two characters."""
        if number is None or self.pii:
            return number
        return "*" * (len(number) - 2) + number[-2:] if len(number) > 4 else "*" * len(number)

    def event(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event as it was sent, without what this view may not show."""
        if self.pii:
            return event
        masked = {name: self.number(event[name]) for name in _NUMBERS if isinstance(event.get(name), str)}
        if event.get("kind") == "log" and event.get("is_pii"):
            masked |= {"content": HIDDEN, "fields": None}
        return {**event, **masked}
