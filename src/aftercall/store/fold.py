"""The fold: all events of one conversation -> what is true of it now. A pure function.

It does not matter how often events arrived, or through which server, nor in which order, unless two
have the same time and the same seq (or none): then the first to arrive is first. Where two events
speak of the same thing, the higher source wins (human > agent > extraction > import > system), then
the later one. Of post-call attempts only one counts; see attempts.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET

from aftercall.model.codec import plain
from aftercall.model.events import (
    End,
    Erasure,
    Facts,
    Failure,
    Flow,
    FunctionCall,
    Handoff,
    Metric,
    Retraction,
    Start,
    State,
    Turn,
)
from aftercall.model.times import EARLIEST_MS, LATEST_AHEAD_MS, parse_ms
from aftercall.model.turns import count
from aftercall.store.attempts import Standing, is_of_attempt, standing, unusual, without_superseded
from aftercall.store.incoming import Entry

FACTS = (
    "channel",
    "environment",
    "direction",
    "from_number",
    "to_number",
    "language",
    "variant_id",
    "variant_name",
    "agent_version",
    "tags",
    "attributes",
)
"""Fields of start and update events that become columns as they are."""


class Conversation:
    """What the events say. Times are epoch milliseconds."""

    __slots__ = (
        "ended_at",
        "ended_reason",
        "entries",
        "erased",
        "facts",
        "failures",
        "flows",
        "function_calls",
        "function_errors",
        "functions",
        "handoff",
        "handoff_at",
        "handoffs",
        "last_event_at",
        "last_received_at",
        "metrics",
        "postcall",
        "retracted",
        "seqs_missing",
        "started_at",
        "state",
        "steps",
        "turns",
        "writes",
    )

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        """Every event that counts, in order; retracted ones and superseded attempts' are left out."""
        self.retracted: set[str] = set()
        self.facts: dict[str, Any] = {}
        self.started_at = 0
        self.ended_at: int | None = None
        self.ended_reason: str | None = None
        self.turns: list[Entry] = []
        self.metrics: dict[str, list[Entry]] = {}
        """By name, the writes of the highest source, in order: the last one is the value."""
        self.writes: list[Entry] = []
        """Every write of a metric that counts, of whatever name and source, in order."""
        self.state: dict[str, Any] = {}
        self.handoff: Handoff | None = None
        self.handoff_at: int | None = None
        self.handoffs = 0
        self.function_calls = 0
        self.function_errors = 0
        self.functions: dict[str, bool] = {}
        """Of each function called, in the order of the first calls: whether a call of it failed."""
        self.flows: dict[str, None] = {}
        self.steps: dict[str, None] = {}
        self.failures = 0
        self.seqs_missing = 0
        self.postcall = Standing()
        self.last_event_at = 0
        self.last_received_at = 0
        self.erased = False

    @property
    def num_turns(self) -> int:
        return count(entry.event.speaker for entry in self.turns)

    def plain_state(self) -> dict[str, Any]:
        return {key: plain(value) for key, value in self.state.items()}


def order(entry: Entry) -> tuple[int, int, int, str]:
    return entry.at, entry.seq, -entry.rev, entry.event_id


def fold(entries: Iterable[Entry]) -> Conversation:
    """What these events, each id once, say of their one conversation. At least one event is needed."""
    everything = sorted(entries, key=order)
    conversation = Conversation()
    retracted = retractions(everything)
    if retracted:  # an erasure cannot be taken back, not even by a retraction that came before it
        retracted -= {entry.event_id for entry in everything if type(entry.event) is Erasure}
    conversation.retracted = retracted
    valid = [e for e in everything if e.event_id not in retracted] if retracted else everything
    among = unusual(everything)
    kept = without_superseded(valid, among)
    conversation.entries = kept
    _scan(conversation, kept)
    conversation.started_at = started_at(everything, not_of_the_call(among, retracted))
    conversation.last_event_at = everything[-1].at
    conversation.last_received_at = max(entry.received_at for entry in everything)
    conversation.seqs_missing = _seqs_missing(everything)
    ended = conversation.ended_at is not None
    conversation.postcall = standing(everything, among, retracted, conversation.last_received_at, ended)
    return conversation


def retractions(entries: Iterable[Entry]) -> set[str]:
    return {entry.event.target for entry in entries if type(entry.event) is Retraction}


def _scan(conversation: Conversation, entries: list[Entry]) -> None:
    """One pass in order, by far the busiest loop of ingest: plain type tests, no dispatch table."""
    ranks: dict[str, int] = {}
    writes: dict[str, list[Entry]] = {}
    for entry in entries:
        event = entry.event
        kind = type(event)
        if kind is Turn:
            conversation.turns.append(entry)
        elif kind is Metric:
            assert isinstance(event, Metric)
            conversation.writes.append(entry)
            writes.setdefault(event.name, []).append(entry)
        elif kind is FunctionCall:
            assert isinstance(event, FunctionCall)
            conversation.function_calls += 1
            failed = event.error is not None
            conversation.function_errors += failed
            conversation.functions[event.name] = failed or conversation.functions.get(event.name, False)
        elif kind is State:
            assert isinstance(event, State)
            conversation.state.update(event.set)
            for key in event.deleted:
                conversation.state.pop(key, None)
        elif isinstance(event, Facts):
            _facts(conversation, ranks, entry, event)
        elif kind is Flow:
            assert isinstance(event, Flow)
            if event.flow:
                conversation.flows[event.flow] = None
            if event.step:
                conversation.steps[event.step] = None
        elif kind is Handoff:
            conversation.handoffs += 1
            if entry.rank >= ranks.get("handoff", -1):
                ranks["handoff"] = entry.rank
                conversation.handoff, conversation.handoff_at = event, entry.at
        elif kind is End:
            assert isinstance(event, End)
            _end(conversation, ranks, entry, event)
        elif kind is Failure:
            conversation.failures += 1
        elif kind is Erasure:
            conversation.erased = True
    for name, entries_of_name in writes.items():
        conversation.metrics[name] = _winning(entries_of_name)


def _facts(conversation: Conversation, ranks: dict[str, int], entry: Entry, event: Facts) -> None:
    facts = conversation.facts
    for field in FACTS:
        value = getattr(event, field)
        if value is not None and entry.rank >= ranks.get(field, -1):
            ranks[field] = entry.rank
            facts[field] = value


def _end(conversation: Conversation, ranks: dict[str, int], entry: Entry, event: End) -> None:
    """An explicit ``ended_at`` overrides; among bare ends the first is when it ended, the rest are echoes."""
    rank = entry.rank
    higher = rank > ranks.get("end", -1)
    if higher:
        ranks["end"] = rank
        ranks.pop("ended_at", None)
        conversation.ended_reason = None
    elif rank < ranks["end"]:
        return
    explicit = sane_ms(event.ended_at, entry.received_at)
    if explicit is not None:
        conversation.ended_at = explicit
        ranks["ended_at"] = rank
    elif higher:
        conversation.ended_at = entry.at
    if event.reason is not None:
        conversation.ended_reason = event.reason


def _winning(writes: list[Entry]) -> list[Entry]:
    """The writes of the highest source; only the first of them if any was ``write_once``."""
    if len(writes) > 1:
        top = max(entry.rank for entry in writes)
        writes = [entry for entry in writes if entry.rank == top]
        if any(entry.event.write_once for entry in writes):
            return writes[:1]
    return writes


def not_of_the_call(entries: Iterable[Entry], retracted: set[str]) -> set[str]:
    """Ids of events that say nothing of when it began: retracted ones, and what attempts wrote, which came
    after the call whatever the agent's clock said in it."""
    written = {entry.event_id for entry in entries if is_of_attempt(entry)}
    return retracted | written if written else retracted


def started_at(entries: Iterable[Entry], out: set[str]) -> int:
    """When it began: the last explicit ``started_at``, else the first start, else the first event told.

    ``out``: see ``not_of_the_call``.
    """
    explicit: tuple[int, int] | None = None  # (rank, ms)
    bare: tuple[int, int] | None = None
    first: int | None = None
    fallback: int | None = None
    for entry in entries:
        fallback = entry.at if fallback is None else min(fallback, entry.at)
        if entry.event_id in out:
            continue
        first = entry.at if first is None else min(first, entry.at)
        event = entry.event
        if not isinstance(event, Facts):
            continue
        told = sane_ms(event.started_at, entry.received_at)
        if told is not None:
            if explicit is None or entry.rank >= explicit[0]:
                explicit = (entry.rank, told)
        elif type(event) is Start and (bare is None or entry.rank > bare[0]):
            bare = (entry.rank, entry.at)
    if explicit is not None and (bare is None or explicit[0] >= bare[0]):
        return explicit[1]
    if bare is not None:
        return bare[1]
    chosen = first if first is not None else fallback
    assert chosen is not None, "a conversation has at least one event"
    return chosen


def sane_ms(value: int | float | str | None, received_at: int) -> int | None:
    """The told time, or None where there is none or its clock was plainly wrong (see model/times.py)."""
    if value is None:
        return None
    ms = parse_ms(value)
    return ms if EARLIEST_MS <= ms <= received_at + LATEST_AHEAD_MS else None


def _seqs_missing(entries: list[Entry]) -> int:
    """How many of the events that the agent process numbered up to its end are not here."""
    last = 0
    for entry in entries:
        if type(entry.event) is End and entry.event.last_seq:
            last = max(last, entry.event.last_seq)
    if not last:
        return 0
    have = len({entry.seq for entry in entries if 0 < entry.seq <= last})
    return min(last - have, 2**32 - 1)


def valueless(event: Metric) -> bool:
    return event.value is UNSET
