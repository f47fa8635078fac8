"""An event on its way into the store: judged good, its columns worked out, its text as it was sent."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from aftercall.model.events import EVENT_TYPES, SOURCE_RANK, Event, Metric

NEWEST = 2**64 - 1
_PLACES = 12
_LAST_PLACE = (1 << _PLACES) - 1
KINDS = {cls: kind for kind, cls in EVENT_TYPES.items()}


class Entry(msgspec.Struct, gc=False):
    """One event as the fold sees it. ``at`` and ``received_at`` are epoch milliseconds.

    ``rev`` falls from each event to the next that arrives, so that of two copies of one event the first
    has the higher ``rev`` and is kept. A struct outside the garbage collector's sight, as events
    are: tens of thousands live through each commit, and tracking them cost a fifth of its time.
    """

    event: Any
    event_id: str
    at: int
    seq: int
    rank: int
    received_at: int
    rev: int

    @property
    def arrival(self) -> int:
        """Grows with each event that arrives: the last resort of order, and what tells commits apart."""
        return NEWEST - self.rev


def rev_of(stamp_us: int, place: int) -> int:
    """The ``rev`` of the conversation's event at ``place`` (from 0) in the commit stamped so."""
    return NEWEST - (stamp_us << _PLACES | min(place, _LAST_PLACE))


def commit_of(entry: Entry) -> int:
    """Equal for the events of one commit, higher for later ones."""
    return entry.arrival >> _PLACES


def entry(event: Event, event_id: str, at: int, received_at: int, rev: int) -> Entry:
    return Entry(event, event_id, at, event.seq, SOURCE_RANK[event.source], received_at, rev)


class Record(msgspec.Struct, gc=False, omit_defaults=True):
    """A row of ``events``; what is left out takes the column's default."""

    project_id: int
    conversation_id: str
    event_id: str
    kind: str
    at: float
    seq: int
    source: str
    received_at: float
    rev: int
    body: str
    name: str = ""
    value_type: str = ""
    value_number: float | None = None
    value_text: str = ""


class Incoming(msgspec.Struct, gc=False):
    """What ingest hands to the committer for one event."""

    position: int
    """In the request, from 0: verdicts speak of it."""
    event: Event
    event_id: str
    at: int
    received_at: int
    body: str
    """The event's JSON exactly as it was sent, unknown fields included."""

    def entry(self, rev: int) -> Entry:
        return entry(self.event, self.event_id, self.at, self.received_at, rev)

    def record(self, project_id: int, rev: int) -> Record:
        """Its row in ``events``."""
        event = self.event
        record = Record(
            project_id,
            event.conversation_id,
            self.event_id,
            KINDS[type(event)],
            seconds(self.at),
            event.seq,
            event.source,
            seconds(self.received_at),
            rev,
            self.body,
            getattr(event, "name", ""),
        )
        if type(event) is Metric:
            _add_value(record, event)
        return record


def _add_value(record: Record, event: Metric) -> None:
    value = event.value
    if event.invalid is not None:
        record.value_type, record.value_text = "invalid", str(value)
    elif value is UNSET:
        record.value_type = "none"
    elif value is None:
        record.value_type = "null"
    elif isinstance(value, bool):
        record.value_type, record.value_number = "boolean", float(value)
    elif isinstance(value, int | float):
        record.value_type = "number"
        # Beyond a double's range the number still stands in the body, where nothing is lost.
        record.value_number = float(value) if abs(value) < 1e308 else None
    elif isinstance(value, str):
        record.value_type, record.value_text = "text", value
    else:
        record.value_type = "invalid"


def seconds(ms: int) -> float:
    """Milliseconds as the decimal seconds that ClickHouse reads into DateTime64(3) from JSON.

    A double writes thirteen digits exactly, so no millisecond is ever rounded away.
    """
    return ms / 1000
