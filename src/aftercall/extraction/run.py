"""All fields of one call: who is asked for what, in which order, and what counts in the end."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from aftercall.extraction.call import Call
from aftercall.extraction.conditions import why_skipped
from aftercall.extraction.events import events_of
from aftercall.extraction.evidence import check
from aftercall.extraction.field import Field
from aftercall.extraction.found import Found

FREE_FIRST = ("rules", "llm")
"""Of several extractors that are due the free one goes first, so that the model is asked once for all that is
left."""


class Extractor(Protocol):
    """``name`` is what a field's ``extractors`` says."""

    @property
    def name(self) -> str: ...

    def extract(self, call: Call, fields: Sequence[Field]) -> list[Found]:
        """One for each field, whatever goes wrong: a failure is a Found too."""


@dataclass(frozen=True)
class Results:
    found: tuple[tuple[Field, Found], ...]
    skipped: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Fields that were not asked, and why: nothing is written for them."""

    @property
    def retry(self) -> bool:
        """Something failed that may go well later by itself."""
        return any(one.status == "failed" and one.passing for _, one in self.found)

    def events(self, conversation_id: str, *, prefix: str, at: int) -> list[dict[str, Any]]:
        """Wire events of the metrics (events.py)."""
        return events_of(self.found, conversation_id, prefix=prefix, at=at)


@dataclass
class _Open:
    field: Field
    left: list[str]
    tried: list[Found] = dataclasses.field(default_factory=list)


def extract(call: Call, fields: Sequence[Field], extractors: Mapping[str, Extractor]) -> Results:
    """``extractors`` by name; one that a field wants and that is not there (no model is configured) is left
    out.

    The next in a field's order is asked where one failed, could not ground a value that must be grounded, or
    is the rules and did not know.
    """
    skipped = {one.name: why for one in fields if (why := why_skipped(call, one)) is not None}
    asked = [one for one in fields if one.name not in skipped]
    open_ = [_Open(one, [name for name in one.extractors if name in extractors]) for one in asked]
    done: dict[str, Found] = {}
    while waiting := [one for one in open_ if one.left and one.field.name not in done]:
        name = min((one.left[0] for one in waiting), key=FREE_FIRST.index)
        _ask(extractors[name], call, [one for one in waiting if one.left[0] == name], done)
    for one in open_:
        if not one.tried:
            skipped[one.field.name] = f"there is no extractor for it here: {', '.join(one.field.extractors)}"
        elif one.field.name not in done:
            done[one.field.name] = _least_bad(one.tried)
    return Results(tuple((one, done[one.name]) for one in asked if one.name in done), skipped)


def _ask(extractor: Extractor, call: Call, due: list[_Open], done: dict[str, Found]) -> None:
    answers = extractor.extract(call, [one.field for one in due])
    for one, answer in zip(due, answers, strict=True):
        one.left.pop(0)
        tried = tuple((before.extractor, before.status, before.reason) for before in one.tried)
        # What a model says is checked where it is read, because it must be sent back; rules are checked here.
        found = replace(answer if answer.asked else check(answer, one.field, call), tried=tried)
        one.tried.append(found)
        if is_final(found, one.field):
            done[one.field.name] = found


def is_final(found: Found, field: Field) -> bool:
    if found.status == "ungrounded":
        return field.extraction.grounded != "required"
    return found.status in ("ok", "not_applicable") or (
        found.status == "unknown" and found.extractor != "rules"
    )


def _least_bad(tried: list[Found]) -> Found:
    """A failure is told before anything else: that a second extractor did not know hides nothing of it."""
    for status in ("failed", "ungrounded", "unknown"):
        for found in tried:
            if found.status == status:
                others = tuple((o.extractor, o.status, o.reason) for o in tried if o is not found)
                return replace(found, tried=others)
    return tried[-1]
