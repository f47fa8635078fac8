"""Small stories of a few conversations around a day on which clocks change, or a month's border: as
Hypothesis strategies for the events that tell them, most of them odd in one way or another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from tests.metrics.reference.span import DAY, HOUR, MINUTE, ms_of
from tests.metrics.reference.values import Metric

Event = dict[str, Any]

REGISTRY = {
    metric.name: metric
    for metric in (
        Metric("BOOKED", "boolean"),
        Metric("REASON", "categorical", options=("Billing", "new appointment", "Other")),
        Metric("SCORE", "number"),
        Metric("GUESTS", "integer"),
        Metric("NOTE", "text", empty_values=("", "None")),
        Metric("RESOLVED", "boolean", base="known"),
        Metric("a`b'; -- {p1:String}", "text"),
    )
}
UNREGISTERED = ("WILD", "Größe? 100%")
NAMES = (*REGISTRY, *UNREGISTERED)

ANCHORS = {
    "2026-03-29T00:00Z": "London forward",
    "2026-10-25T00:00Z": "London back",
    "2026-03-08T06:00Z": "New York forward",
    "2025-11-02T06:00Z": "New York back",
    "2026-04-04T15:00Z": "Lord Howe back, by half an hour",
    "2025-10-04T15:00Z": "Lord Howe forward",
    "2026-01-01T00:00Z": "a new year",
    "2026-03-01T00:00Z": "the end of a February",
}
ZONES = (
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Auckland",
)
TEXTS = [
    "",
    "none",
    "No",
    "insurance card",
    "Ünïcode ÉCLAIR",
    "100%",
    "a_b",
    "tab\tand \\ 'quote'",
    "12",
    "2.50",
]
BOOLEANS = [True, False, 1, 0, "yes", "No", "maybe", 2, None]
VALUES: dict[str, list[Any]] = {
    "BOOKED": BOOLEANS,
    "RESOLVED": [True, False, True, False, "unclear", None],
    "REASON": ["Billing", "billing", " OTHER ", "new appointment", "", "nonsense", 7, None],
    "SCORE": [1, 2.5, -3, 0, "4", "4e1", "n/a", True, None, 10**15],
    "GUESTS": [1, 2, 2.0, 2.5, "3", "many", 0, None, 12],
    "NOTE": [*TEXTS, True, 3.0, None],
    "a`b'; -- {p1:String}": [*TEXTS, None],
    "WILD": [True, False, 1, 2, 2.5, "1", "true", "x", "", None],
    "Größe? 100%": ["S", "M", "L", 38, None],
}
SPOKEN = [
    "",
    "hello there",
    "My INSURANCE, please!",
    "insurance card",
    "I'd like an appointment",
    "sí, mañana",
    "billing-question no. 12",
]


@dataclass(frozen=True)
class Story:
    """What was told, as it arrived in two requests, and the moment at which questions are asked."""

    now: int
    first: list[Event]
    late: list[Event]
    settings: dict[str, Any] = field(default_factory=dict)
    """How the project's numbers are counted."""

    @property
    def events(self) -> list[Event]:
        return [*self.first, *self.late]


offsets = st.one_of(
    st.integers(-160, 160).map(lambda quarters: quarters * 15 * MINUTE),
    st.sampled_from([0, -1, 1, HOUR - 1, -DAY, DAY, -HOUR, 2 * HOUR]),
)
"""From the anchor to a start: quarters of hours and edges."""
rarely = st.sampled_from([False] * 9 + [True])
sources = st.sampled_from(["agent"] * 5 + ["extraction", "extraction", "human", "import", "system"])


@st.composite
def writes(draw: st.DrawFn) -> Event:
    name = draw(st.sampled_from(NAMES))
    event: Event = {"kind": "metric", "name": name, "source": draw(sources), "after": draw(st.integers(0, 4))}
    if draw(st.integers(0, 9)):  # else it merely happened
        event["value"] = draw(st.sampled_from(VALUES[name]))
    if not draw(st.integers(0, 4)):
        event["write_once"] = True
    if draw(rarely):
        event |= {"value": "<object>", "invalid": "an object is no metric value"}
    return event


turns = st.fixed_dictionaries(
    {
        "kind": st.just("turn"),
        "speaker": st.sampled_from(["user", "agent"]),
        "text": st.sampled_from(SPOKEN),
        "after": st.integers(0, 5),
    },
    optional={
        "latency_ms": st.sampled_from([0, 250, 1_300.5]),
        "lasts": st.sampled_from([0, 1_500, 4_000, -500]),
        "interrupted": st.booleans(),
        "is_silence": st.booleans(),
    },
)
others = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("function_call"), "name": st.sampled_from(["book", "look up"]), "after": st.just(3)},
        optional={"error": st.just("timeout")},
    ),
    st.fixed_dictionaries(
        {"kind": st.just("flow"), "flow": st.sampled_from(["main", "pay"]), "after": st.just(2)},
        optional={"step": st.sampled_from(["ask", "confirm"])},
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("handoff"),
            "reason": st.sampled_from(["asked", "billing"]),
            "after": st.integers(1, 6),
            "source": st.sampled_from(["agent", "agent", "import"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("state"),
            "set": st.dictionaries(
                st.sampled_from(["intent", "n", "ok"]),
                st.sampled_from([1, 2.5, "x", "1", True, False, None, {"name": "book", "score": 3}, [1, 2]]),
                min_size=1,
            ),
            "after": st.just(3),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("update"), "after": st.just(4)},
        optional={
            "language": st.sampled_from(["en-GB", "es-ES"]),
            "tags": st.lists(st.sampled_from(["vip", "test"]), max_size=2),
            "variant_name": st.sampled_from(["calm", "brisk"]),
        },
    ),
)
facts = st.fixed_dictionaries(
    {},
    optional={
        "channel": st.sampled_from(["voice", "chat"]),
        "environment": st.sampled_from(["live", "sandbox"]),
        "from_number": st.sampled_from(["+441632960001", "+441632960002", "anonymous"]),
        "variant_name": st.sampled_from(["calm", "brisk"]),
        "tags": st.lists(st.sampled_from(["vip", "test", "ß"]), max_size=3, unique=True),
        "attributes": st.sampled_from([{"crm": "x"}, {"crm": 7, "deep": {"er": True}}, {}]),
    },
)


@st.composite
def attempts(draw: st.DrawFn) -> list[Event]:
    """What up to two readings after the call wrote: only one of them counts."""
    told: list[Event] = []
    for number in range(draw(st.sampled_from([0, 0, 1, 2]))):
        lineage = {"attempt": f"attempt-{number}"}
        name = draw(st.sampled_from(["RESOLVED", "REASON"]))
        value = draw(st.sampled_from(VALUES[name]))
        at = {"after": 100 + number, "source": "extraction", "lineage": lineage}
        told.append({"kind": "metric", "name": name, "value": value, **at})
        status = draw(st.sampled_from(["ok", "failed"]))
        told.append({"kind": "postcall", "attempt": lineage["attempt"], "status": status, **at})
    return told


@st.composite
def calls(draw: st.DrawFn, number: int, anchor: int) -> tuple[list[Event], list[Event]]:
    """Events of one conversation, and those of it that arrive late."""
    start = anchor + draw(offsets)
    told: list[Event] = [{"kind": "start", "after": 0, **draw(facts)}]
    if draw(rarely):
        told[0]["started_at"] = anchor + draw(offsets)
    told += draw(st.lists(writes(), max_size=4))
    told += draw(st.lists(turns, max_size=3))
    told += draw(st.lists(others, max_size=2))
    if draw(st.integers(0, 4)):
        told.append({"kind": "end", "after": draw(st.sampled_from([0, 6, 61, 3_600])), "reason": "completed"})
    read = draw(attempts())
    told += read
    events = [placed(event, f"call-{number}", i, start) for i, event in enumerate(told)]
    if draw(rarely):
        # Nothing but readings would be left of a call that never was: no way to say when it began.
        target = draw(st.sampled_from(events[1:] if read else events))["id"]
        retraction = {"kind": "retraction", "target": target, "after": 7}
        events.append(placed(retraction, f"call-{number}", len(events), start))
    late = draw(st.lists(st.sampled_from(range(len(events))), max_size=2, unique=True))
    return [e for i, e in enumerate(events) if i not in late], [events[i] for i in late]


def placed(event: Event, conversation_id: str, number: int, start: int) -> Event:
    event = dict(event)
    at = start + event.pop("after") * 1_000
    if "lasts" in event:
        event["ended_at"] = at + event.pop("lasts")
    return {**event, "conversation_id": conversation_id, "id": f"e{number}", "at": at}


def wild(anchor: int) -> list[Event]:
    """A call that wrote the names which nobody registered: only what was ever written can be asked for."""
    told: list[Event] = [{"kind": "start", "after": 0}]
    told += [{"kind": "metric", "name": name, "after": 1} for name in UNREGISTERED]
    return [placed(event, "call-w", i, anchor - 40 * HOUR) for i, event in enumerate(told)]


settings = st.fixed_dictionaries(
    {
        "cost_saved": st.fixed_dictionaries(
            {"amount": st.sampled_from([4.5, 0, 2])},
            optional={"per": st.sampled_from(["conversation", "minute"])},
        )
    },
    optional={
        "abandons_count_as": st.sampled_from(["contained", "not_contained", "excluded"]),
        "repeat_contact_days": st.sampled_from([1, 2, 30]),
    },
)


@st.composite
def stories(draw: st.DrawFn, most: int = 6) -> Story:
    anchor = ms_of(datetime.fromisoformat(draw(st.sampled_from(list(ANCHORS)))))
    first = wild(anchor)
    late: list[Event] = []
    for number in range(draw(st.integers(1, most))):
        told, told_late = draw(calls(number, anchor))
        first += told
        late += told_late
    now = anchor + draw(st.sampled_from([30 * HOUR, 2 * DAY + 30 * MINUTE, 3 * DAY, 9 * HOUR + 12_345]))
    return Story(now, first, late, draw(settings))


def counting(events: list[Event]) -> list[Event]:
    """Without what attempts wrote that do not count: the newest that went well does, else the newest that
    wrote anything. All of one conversation, in order."""
    gone = {e["target"] for e in events if e["kind"] == "retraction"}
    stands = [e for e in events if e["id"] not in gone]
    outcomes = [e for e in stands if e["kind"] == "postcall"]
    known = {e["attempt"] for e in events if e["kind"] == "postcall"}
    wrote = {attempt(e) for e in stands if e["kind"] == "metric"}
    good = [e["attempt"] for e in outcomes if e["status"] == "ok"]
    fair = [e["attempt"] for e in outcomes if e["attempt"] in wrote]
    winner = (good or fair or [None])[-1]
    return [e for e in events if e["kind"] == "postcall" or attempt(e) not in known or attempt(e) == winner]


def attempt(event: Event) -> str | None:
    return (event.get("lineage") or {}).get("attempt") if event.get("source") == "extraction" else None
