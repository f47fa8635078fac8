"""One event: its bytes -> an ``Incoming`` for the store, or the reason why not.

The way most events go is hot (thousands a second), so what can only be wrong in a large event is looked
at in large events only, and names that were found good once are not looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from aftercall.catalog.metric_fields import name_fault
from aftercall.catalog.text import text_fault
from aftercall.ingest import limits
from aftercall.ingest.explain import Refused, bad_utf8, explain, shown, too_deep
from aftercall.model import events as e
from aftercall.model.events import Event, event_decoder
from aftercall.model.ids import new_id
from aftercall.model.times import EARLIEST_MS, LATEST_AHEAD_MS, parse_ms
from aftercall.store.incoming import Incoming

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_ID = re.compile(rb'"(conversation_id|id)"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")', re.DOTALL)
_KNOWN_NAMES = 10_000


class Rules(NamedTuple):
    """Which fields of a kind hold what. Common fields are checked apart."""

    times: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Without control characters, 1-200 characters: they become columns and labels."""
    ids: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    """At most FIELD_CHARACTERS."""
    texts: tuple[str, ...] = ()
    """At most TEXT_CHARACTERS."""


_FACTS = Rules(
    times=("started_at",),
    short=(
        "channel",
        "environment",
        "direction",
        "from_number",
        "to_number",
        "language",
        "variant_id",
        "variant_name",
        "agent_version",
    ),
)
RULES: dict[type[Event], Rules] = {
    e.Start: _FACTS,
    e.Update: _FACTS,
    e.Turn: Rules(times=("ended_at",), short=("dtmf", "language"), texts=("text", "translated_text")),
    e.Metric: Rules(names=("name",), texts=("value", "invalid")),
    e.FunctionCall: Rules(names=("name",), texts=("error",)),
    e.Flow: Rules(short=("flow", "step", "label")),
    e.State: Rules(),
    e.Log: Rules(short=("level",), texts=("content",)),
    e.Sms: Rules(short=("to", "template"), texts=("content",)),
    e.Handoff: Rules(short=("destination", "route"), texts=("reason", "utterance")),
    e.Failure: Rules(short=("where",), texts=("message", "traceback")),
    e.End: Rules(times=("ended_at",), short=("reason",)),
    e.PostCall: Rules(ids=("attempt",), texts=("error", "traceback")),
    e.Custom: Rules(names=("name",)),
    e.Retraction: Rules(ids=("target",), texts=("reason",)),
    e.Erasure: Rules(texts=("reason",)),
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refused event. ``payload`` is what was sent, cut to REJECT_PAYLOAD_BYTES."""

    position: int
    event_id: str | None
    conversation_id: str
    code: str
    reason: str
    payload: str


@dataclass(slots=True)
class Judged:
    items: list[Incoming] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    clock_corrected: int = 0
    """Events whose ``at`` no clock that goes right could have told; the time they came in stands for it."""


class Judge:
    """Judges the events of one request. ``received_at`` in epoch milliseconds."""

    def __init__(self, received_at: int, *, may_erase: bool) -> None:
        self._received_at = received_at
        self._latest = received_at + LATEST_AHEAD_MS
        self._may_erase = may_erase
        self._good_conversation: str | None = None
        self._good_names: set[str] = set()
        self.clock_corrected = 0

    def all(self, raws: Iterable[bytes | msgspec.Raw]) -> Judged:
        """Never raises for what an event contains."""
        judged = Judged()
        for position, raw in enumerate(raws):
            data = bytes(raw)
            try:
                judged.items.append(self.one(data, position))
            except Refused as refused:
                judged.rejections.append(rejection(position, data, refused))
        judged.clock_corrected = self.clock_corrected
        return judged

    def one(
        self, data: bytes, position: int = 0, *, at: int | None = None, event_id: str | None = None
    ) -> Incoming:
        """The event in ``data``; ``at`` and ``event_id`` stand in for those it lacks. Raises Refused."""
        event, body = _decode(data)
        if event.conversation_id != self._good_conversation:
            _check_id(event.conversation_id, "conversation_id", limits.CONVERSATION_ID_CHARACTERS)
            self._good_conversation = event.conversation_id
        if event.id is not None:
            event_id = event.id
            _check_id(event_id, "id", limits.EVENT_ID_CHARACTERS)
        if not 0 <= event.seq <= limits.LAST_SEQ:
            raise _bad_seq("seq", event.seq)
        self._check_kind(event, len(data))
        moment = self._at(event.at, self._received_at if at is None else at)
        return Incoming(position, event, event_id or new_id(), moment, self._received_at, body)

    def _at(self, told: int | float | str | None, default: int) -> int:
        if told is None:
            return default
        ms = told if type(told) is int else _parse_time("at", told)
        if EARLIEST_MS <= ms <= self._latest:
            return ms
        self.clock_corrected += 1
        return self._received_at

    def _check_kind(self, event: Event, size: int) -> None:
        kind = type(event)
        rules = RULES[kind]
        for name in rules.times:
            told = getattr(event, name)
            if told is not None and type(told) is not int:
                _parse_time(name, told)
        for name in rules.names:
            self._check_name(getattr(event, name), name)
        for name in rules.ids:
            _check_id(getattr(event, name), name, limits.EVENT_ID_CHARACTERS)
        if size > limits.FIELD_CHARACTERS:  # a text never has more characters than its JSON has bytes
            _check_lengths(event, rules)
        if kind is e.End:
            last = event.last_seq  # type: ignore[attr-defined]
            if last is not None and not 0 <= last <= limits.LAST_SEQ:
                raise _bad_seq("last_seq", last)
        elif kind is e.Erasure and not self._may_erase:
            raise Refused("FORBIDDEN", "Erasing a conversation needs a key with the scope admin.")

    def _check_name(self, name: str, field_name: str) -> None:
        if name in self._good_names:
            return
        fault = name_fault(name)
        if fault is not None:
            raise Refused("INVALID_NAME", f"The field {field_name!r} {fault}.")
        if len(self._good_names) < _KNOWN_NAMES:
            self._good_names.add(name)


def _decode(data: bytes) -> tuple[Event, str]:
    if len(data) > limits.EVENT_BYTES:
        raise Refused(
            "EVENT_TOO_LARGE",
            f"It has {len(data):,} bytes; one event may have {limits.EVENT_BYTES:,}: split or shorten it.",
        )
    # Counting is nearly free and tells that almost every event is flat enough.
    if data.count(b"[") + data.count(b"{") > limits.DEPTH and _depth(data) > limits.DEPTH:
        raise too_deep()
    try:
        event = event_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise explain(error, data) from None
    try:
        return event, data.decode()
    except UnicodeDecodeError as error:  # within a field this version does not know
        raise bad_utf8(error) from None


def _depth(data: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _check_id(text: str, name: str, longest: int) -> None:
    fault = text_fault(text, shortest=1, longest=longest)
    if fault is not None:
        raise Refused("INVALID_ID", f"The field {name!r} {fault}.")


def _bad_seq(name: str, value: int) -> Refused:
    number = str(value) if abs(value) < 10**20 else "a number of more than 20 digits"
    return Refused("INVALID_SEQ", f"The field {name!r} counts from 0 to 2^53; {number} was sent.")


def _parse_time(name: str, told: int | float | str) -> int:
    try:
        return parse_ms(told)
    except (ValueError, OverflowError) as error:
        raise Refused("INVALID_TIME", f"The field {name!r}: {shown(str(error), 200)}.") from None


def _check_lengths(event: Event, rules: Rules) -> None:
    for name in rules.short:
        _check_length(name, getattr(event, name), limits.FIELD_CHARACTERS)
    for name in rules.texts:
        _check_length(name, getattr(event, name), limits.TEXT_CHARACTERS)
    if isinstance(event, e.Facts) and event.tags is not None:
        if len(event.tags) > limits.TAGS:
            raise Refused(
                "TEXT_TOO_LONG", f"There are {len(event.tags)} tags; at most {limits.TAGS} are kept."
            )
        for tag in event.tags:
            _check_length("tags", tag, limits.FIELD_CHARACTERS)


def _check_length(name: str, value: Any, longest: int) -> None:
    if isinstance(value, str) and len(value) > longest:
        raise Refused(
            "TEXT_TOO_LONG", f"The field {name!r} has {len(value):,} characters; it may have {longest:,}."
        )


class _Ids(msgspec.Struct):
    conversation_id: Any = None
    id: Any = None


def rejection(position: int, data: bytes, refused: Refused) -> Rejection:
    """What is kept of a refused event. Its ids are read as well as they can be, so that erasing the
    conversation reaches it."""
    ids = _read_ids(data)
    return Rejection(
        position,
        _usable(ids.id, limits.EVENT_ID_CHARACTERS) or None,
        _usable(ids.conversation_id, limits.CONVERSATION_ID_CHARACTERS),
        refused.code,
        refused.reason,
        data[: limits.REJECT_PAYLOAD_BYTES].decode("utf-8", "backslashreplace"),
    )


def _read_ids(data: bytes) -> _Ids:
    try:
        return msgspec.json.decode(data, type=_Ids)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        ids = _Ids()  # it is broken somewhere: what looks like its ids is the best there is
        for name, text in _ID.findall(data):
            if getattr(ids, name.decode()) is None:
                setattr(ids, name.decode(), _text(text))
        return ids


def _text(token: bytes) -> str | None:
    try:
        return msgspec.json.decode(token, type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _usable(value: object, longest: int) -> str:
    return value if isinstance(value, str) and not text_fault(value, shortest=1, longest=longest) else ""
