"""One imported conversation as wire events.

Every event's id comes from its place in the line (``import:turn:3``), so importing a file twice, or
again after a crash, changes nothing: the server counts the events as duplicates. All carry the source
``import``, which agents and people overrule; labels carry ``human``, for people made them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aftercall.ingest.importer.clock import Moment, Placed, end_moment, place_events, turn_moments
from aftercall.ingest.importer.conversation import Told, offset
from aftercall.ingest.importer.derived import (
    error_of,
    handoff_fields,
    is_handoff,
    is_tool_call,
    label_writes,
    metric_name,
)

WireEvent = dict[str, Any]

ESTIMATED = "times_estimated"
"""Set on every event whose time the file does not tell."""
ESTIMATED_TAG = "times-estimated"
"""On a conversation with any such event, so that one filter leaves them out."""

# Fields of ours which a field of the file, carried along under its own name, must not be taken for.
_ENVELOPE = frozenset(
    ("kind", "conversation_id", "id", "at", "seq", "source", "lineage", "ended_at", ESTIMATED)
)
_TURN_READ = frozenset(("speaker", "text", "start_ms", "end_ms"))
_CALL_READ = frozenset(("name", "args", "result", "error"))
_CALL_RESERVED = _ENVELOPE | {"arguments"}


def events_of(told: Told, fallback_ms: int, *, labels: bool = False) -> list[WireEvent]:
    """In order, numbered by ``seq``. ``fallback_ms`` stands in where the file has no ``started_at``.

    Raises BadLine for times that are none.
    """
    turns = turn_moments(told)
    by_slot: dict[int, list[Placed]] = {}
    for placed in place_events(told.events, turns):
        by_slot.setdefault(placed.slot, []).append(placed)
    script = _Script(told, fallback_ms)
    script.start()
    for slot, moment in enumerate(turns):
        script.happened(by_slot.get(slot, ()))
        script.turn(slot, moment)
    script.happened(by_slot.get(len(turns), ()))
    script.end()
    if labels:
        script.labels()
    script.mark_estimated()
    return script.events


class _Script:
    """The events of one conversation, as they are written one after another."""

    def __init__(self, told: Told, fallback_ms: int) -> None:
        self.events: list[WireEvent] = []
        self._told = told
        self._base = fallback_ms if told.started_at is None else told.started_at
        self._dated = told.started_at is not None
        self._last = 0
        self._tools: set[str] = set()
        self._calls = 0
        self._errors = 0
        self._handoff = False

    def start(self) -> None:
        told = self._told
        facts = {
            "channel": told.channel,
            "language": told.language,
            "from_number": told.caller,
            "attributes": told.attributes or None,
        }
        self._add("start", "start", Moment(0), {key: fact for key, fact in facts.items() if fact is not None})

    def turn(self, position: int, moment: Moment) -> None:
        turn = self._told.turns[position]
        fields: WireEvent = {"speaker": turn["speaker"], "text": turn["text"]}
        ended = self._end_of(position)
        if ended is not None:
            fields["ended_at"] = self._base + max(ended, moment.ms)
            self._last = max(self._last, ended)
        latency = self._latency(position, moment)
        if latency is not None:
            fields["latency_ms"] = latency
        self._add("turn", f"turn:{position}", moment, fields | _extra(turn, _TURN_READ, _ENVELOPE))

    def happened(self, events: Iterable[Placed]) -> None:
        for placed in events:
            if is_tool_call(placed.event):
                self._tool_call(placed)
            else:
                self._custom(placed)
            if is_handoff(placed.event):
                self._handoff = True
                fields = handoff_fields(placed.event)
                self._add("handoff", f"handoff:{placed.number}", placed.moment, dict(fields))

    def end(self) -> None:
        """Only a handoff tells a technical reason: that nobody spoke on can have any cause."""
        moment = end_moment(self._told, self._last)
        self._metric("TOOL_CALLS", "tool_calls", moment, self._calls)
        self._metric("TOOL_ERRORS", "tool_errors", moment, self._errors)
        fields: WireEvent = {"last_seq": len(self.events) + 1}
        if self._handoff:
            fields["reason"] = "handoff"
        self._add("end", "end", moment, fields)

    def labels(self) -> None:
        """After the end and unnumbered: they are not part of the call, and may come in another run."""
        moment = Moment(self._last)
        for number, (name, value) in enumerate(label_writes(self._told.labels)):
            event = self._add("metric", f"label:{number}", moment, {"name": name, "value": value})
            event["source"] = "human"
            event["seq"] = 0

    def mark_estimated(self) -> None:
        if any(ESTIMATED in event for event in self.events):
            self.events[0]["tags"] = [ESTIMATED_TAG]

    def _tool_call(self, placed: Placed) -> None:
        event, name = placed.event, placed.event["name"]
        fields: WireEvent = {"name": name}
        for ours, theirs in (("arguments", "args"), ("result", "result")):
            if event.get(theirs) is not None:
                fields[ours] = event[theirs]
        error = error_of(event)
        if error is not None:
            fields["error"] = error
        self._calls += 1
        self._errors += error is not None
        extra = _extra(event, _CALL_READ, _CALL_RESERVED)
        self._add("function_call", f"event:{placed.number}", placed.moment, fields | extra)
        self._metric("TOOL_CALLED", f"called:{placed.number}", placed.moment, name)
        flag = metric_name("CALLED_", name)
        if flag not in self._tools:
            self._tools.add(flag)
            self._metric(flag, f"flag:{placed.number}", placed.moment)

    def _custom(self, placed: Placed) -> None:
        event = placed.event
        data = {key: item for key, item in event.items() if key != "type"}
        self._add("custom", f"event:{placed.number}", placed.moment, {"name": event["type"], "data": data})
        value = (event["name"],) if event.get("name") else ()
        self._metric(metric_name("", event["type"]), f"seen:{placed.number}", placed.moment, *value)

    def _metric(self, name: str, id_: str, moment: Moment, *value: Any) -> None:
        """No value at all: it happened."""
        fields = {"name": name, "value": value[0]} if value else {"name": name}
        self._add("metric", f"metric:{id_}", moment, fields)

    def _add(self, kind: str, id_: str, moment: Moment, fields: WireEvent) -> WireEvent:
        event: WireEvent = {
            "kind": kind,
            "conversation_id": self._told.id,
            "id": f"import:{id_}",
            "at": self._base + moment.ms,
            "seq": len(self.events) + 1,
            "source": "import",
            **fields,
        }
        if moment.guessed or not self._dated:
            event[ESTIMATED] = True
        self._last = max(self._last, moment.ms)
        self.events.append(event)
        return event

    def _end_of(self, position: int) -> int | None:
        return offset(self._told.turns[position].get("end_ms"), f"turn {position + 1}: end_ms")

    def _latency(self, position: int, moment: Moment) -> int | None:
        """From the end of what the user said to the agent's first sound, where both times are told."""
        turns = self._told.turns
        if position == 0 or moment.guessed or turns[position]["speaker"] != "agent":
            return None
        heard = self._end_of(position - 1)
        if heard is None or turns[position - 1]["speaker"] != "user" or moment.ms < heard:
            return None
        return moment.ms - heard


def _extra(told: WireEvent, read: frozenset[str], reserved: frozenset[str]) -> WireEvent:
    """The fields that have no place of their own: kept under their names, or beside a name that is ours."""
    return {
        f"import_{key}" if key in reserved else key: item
        for key, item in told.items()
        if key not in read and item is not None
    }
