"""Each aggregation, rate base, ratio and built-in metric, on calls that can be counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.errors import InvalidInput
from aftercall.metrics.builtin import METRICS
from aftercall.metrics.strict import QueryInvalid
from aftercall.model.metric_spec import RatioSpec
from aftercall.model.times import parse_ms
from tests.metrics.desk import Desk, condition, ended, extracted, said, wrote


def test_aggregations_of_a_number(desk: Desk) -> None:
    desk.metric("N", "number")
    for i, value in enumerate((4, 1, 3, 2.5)):
        desk.call(f"c{i}", "2026-03-30T10:00Z", wrote("N", value), from_number=f"+44{i % 2}")
    desk.call("none", "2026-03-30T10:00Z", from_number="+449")
    aggs = ("conversations", "callers", "sum", "avg", "min", "max", "p50", "p95", "p99", "distinct", "events")
    assert desk.row(*(f"N.{agg}" for agg in aggs)) == {
        "N.conversations": 4,
        "N.callers": 2,
        "N.sum": 10.5,
        "N.avg": 2.625,
        "N.min": 1,
        "N.max": 4,
        "N.p50": 2.75,
        "N.p95": pytest.approx(3.85),
        "N.p99": pytest.approx(3.97),
        "N.distinct": 4,
        "N.events": 4,
    }


def test_nothing_comes_to_nothing(desk: Desk) -> None:
    desk.metric("N", "number")
    desk.metric("B", "boolean")
    counts = ("conversations", "N.conversations", "N.events", "N.callers", "N.distinct", "callers")
    unknown = ("N.sum", "N.avg", "N.min", "N.max", "N.p50", "B.rate", "containment", "duration.p95")
    row = desk.row(*counts, *unknown)
    assert [row[name] for name in counts] == [0] * len(counts)
    assert [row[name] for name in unknown] == [None] * len(unknown)


def test_events_conversations_and_callers_are_never_confused(desk: Desk) -> None:
    desk.metric("M", "boolean")
    desk.call("a", "2026-03-30T10:00Z", wrote("M"), wrote("M"), extracted("M", True), from_number="+441")
    desk.call("b", "2026-03-30T11:00Z", wrote("M", False), from_number="+441")
    desk.call("c", "2026-03-30T12:00Z", wrote("M"), wrote("M", None), wrote("M", "odd"))
    row = desk.row(
        "M.events", "M.conversations", "M.callers", "M.sum", "conversations", "callers", "M@agent.events"
    )
    assert row == {
        "M.events": 5,
        "M.conversations": 2,
        "M.callers": 1,
        "M.sum": 1,
        "conversations": 3,
        "callers": 1,
        "M@agent.events": 4,
    }


def test_rates_and_their_bases(desk: Desk) -> None:
    desk.metric("A", "boolean")
    desk.metric("X", "boolean", expected_sources=("extraction",))
    desk.metric("OWN", "boolean", rate_base={"metric": "A"})
    for i in range(8):
        told = [wrote("A")] if i < 4 else []
        told += [extracted("X", i % 2 == 0)] if i < 6 else []
        desk.call(f"c{i}", "2026-03-30T10:00Z", *told, *([wrote("OWN")] if i in (0, 7) else []))
    answer = desk.ask({"measures": [{"metric": name, "agg": "rate"} for name in ("A", "X", "OWN")]})
    assert answer.totals == {"A.rate": 0.5, "X.rate": 0.5, "OWN.rate": 0.25}
    assert {name: (base.base, base.conversations) for name, base in answer.bases.items()} == {
        "A.rate": ("all", 8),
        "X.rate": ("known", 6),
        "OWN.rate": ("A", 4),
    }
    of_a = {"metric": "X", "agg": "rate", "base": {"metric": "A"}}
    assert desk.row(of_a) == {"X.rate": 0.5}
    assert desk.row({"metric": "X", "agg": "rate", "base": "all"}) == {"X.rate": 3 / 8}
    nobody = {"metric": "X", "agg": "rate", "where": [condition("channel", "eq", "fax")]}
    assert desk.row(nobody) == {"X.rate": None}


def test_where_of_a_measure(clinic: Desk) -> None:
    voice = [condition("channel", "eq", "voice")]
    row = clinic.row(
        {"metric": "conversations", "where": voice, "as": "calls"},
        {"metric": "BOOKED", "agg": "rate", "where": voice, "as": "booked"},
        {"metric": "REASON", "agg": "rate", "value": "Billing", "where": voice, "as": "billing"},
        {"metric": "REASON", "agg": "rate", "where": voice, "base": "all", "as": "voice with a reason"},
        {"metric": "duration", "agg": "max", "where": [condition("BOOKED", "flagged")], "as": "longest"},
        "conversations",
    )
    assert row == {
        "calls": 4,
        "booked": 0.5,
        "billing": 2 / 3,
        "voice with a reason": 0.5,
        "longest": 90,
        "conversations": 6,
    }


def test_ratios_of_two_measures(clinic: Desk) -> None:
    row = clinic.row(
        {"metric": "duration", "agg": "sum", "divide_by": {"metric": "callers"}, "as": "per caller"},
        {"metric": "duration", "agg": "sum", "multiplier": 0.5, "as": "half"},
        {
            "metric": "conversations",
            "divide_by": {"metric": "SCORE", "agg": "min", "multiplier": 0},
            "as": "zero",
        },
        {
            "metric": "SCORE",
            "agg": "sum",
            "divide_by": {"metric": "SCORE", "agg": "max", "where": [condition("channel", "eq", "fax")]},
            "as": "unknown",
        },
    )
    assert row == {"per caller": 240, "half": 240, "zero": None, "unknown": None}
    both = {
        "measures": [{"metric": "conversations"}, {"metric": "BOOKED", "agg": "events"}],
        "over": {"all": True},
    }
    (found,) = clinic.rows(both | {"divide_by": {"metric": "callers"}})
    assert found == {"conversations": 3, "BOOKED.events": 1.5}


def test_a_ratio_of_the_registry(desk: Desk) -> None:
    desk.metric("BOOKED", "boolean")
    desk.metric("INTENT_BOOKING", "boolean")
    ratio = RatioSpec(
        "BOOKED per INTENT_BOOKING",
        {"metric": "BOOKED", "agg": "sum"},
        {"metric": "INTENT_BOOKING", "agg": "sum"},
        unit="%",
        better="up",
    )
    desk.catalog.declared.put(desk.project.id, [ratio])
    for i in range(4):
        told = [wrote("INTENT_BOOKING"), *([wrote("BOOKED")] if i == 0 else [])]
        desk.call(f"c{i}", "2026-03-30T10:00Z", *told, channel="voice" if i < 3 else "chat")
    answer = desk.ask({"measures": [{"metric": ratio.name}], "by": ["channel"]})
    assert answer.rows == [
        {"channel": "voice", ratio.name: pytest.approx(1 / 3)},
        {"channel": "chat", ratio.name: None},
    ]
    assert answer.totals == {ratio.name: 0.25}
    assert (answer.columns[-1].format, answer.columns[-1].better) == ("percent", "up")
    narrowed = {"metric": ratio.name, "where": [condition("channel", "eq", "voice")]}
    assert desk.row(narrowed) == {ratio.name: pytest.approx(1 / 3)}
    assert [one.id for one in desk.behind({"query": {"measures": [narrowed]}, "measure": ratio.name})[0]] == [
        "c0"
    ]


def test_percentiles_of_several_kinds_at_once(clinic: Desk) -> None:
    voice = [condition("channel", "eq", "voice")]
    row = clinic.row(
        "duration.p50", "duration.p95", {"metric": "duration", "agg": "p50", "where": voice, "as": "voice"}
    )
    assert row == {"duration.p50": 90, "duration.p95": 168, "voice": 105}


def test_times_have_a_first_and_a_last(clinic: Desk) -> None:
    answer = clinic.ask(
        {"measures": [{"metric": "started_at", "agg": "min"}, {"metric": "ended_at"}], "over": {"all": True}}
    )
    assert answer.totals == {
        "started_at.min": "2026-03-27T09:00:00+00:00",
        "ended_at.max": "2026-03-30T00:33:00+01:00",
    }
    assert [column.type for column in answer.columns] == ["time", "time"]


def test_columns_say_what_numbers_are(clinic: Desk) -> None:
    asked = ["conversations", "BOOKED.rate", "duration.avg", "containment", "callers", "REASON.distinct"]
    measures = [dict(zip(("metric", "agg"), name.split("."), strict=False)) for name in asked]
    answer = clinic.ask({"measures": measures, "interval": "day", "by": ["channel"]})
    told = [(c.name, c.role, c.type, c.unit, c.format, c.better) for c in answer.columns]
    assert told == [
        ("bucket", "bucket", "time", "", "time", "none"),
        ("channel", "by", "text", "", "text", "none"),
        ("conversations", "measure", "integer", "conversations", "count", "none"),
        ("BOOKED.rate", "measure", "number", "%", "percent", "none"),
        ("duration.avg", "measure", "number", "s", "duration", "none"),
        ("containment", "measure", "number", "%", "percent", "up"),
        ("callers", "measure", "integer", "callers", "count", "none"),
        ("REASON.distinct", "measure", "integer", "values", "count", "none"),
    ]


def test_totals_are_no_sums_of_rows(clinic: Desk) -> None:
    measures = [{"metric": "callers"}, {"metric": "duration", "agg": "avg"}]
    answer = clinic.ask({"measures": measures, "by": ["tags"], "over": {"all": True}})
    assert [(row["tags"], row["callers"]) for row in answer.rows] == [("vip", 2), (None, 2), ("new", 1)]
    assert answer.totals == {"callers": 2, "duration.avg": 96}


def outcome(desk: Desk, id_: str, *more: Any, over: bool = True, **facts: Any) -> None:
    desk.call(id_, "2026-03-30T10:00Z", *more, *([ended("2026-03-30T10:02Z")] if over else []), **facts)


def outcomes(desk: Desk) -> None:
    outcome(desk, "contained", said("hello"))
    outcome(desk, "handed off", said("hello"), {"kind": "handoff", "destination": "desk"})
    outcome(desk, "abandoned", said("welcome", "agent"), said("", is_silence=True))
    outcome(desk, "running", said("hello"), over=False)


@pytest.mark.parametrize(
    ("setting", "containment"), [("contained", 2 / 3), ("not_contained", 1 / 3), ("excluded", 1 / 2)]
)
def test_containment_and_how_abandons_count(desk: Desk, setting: str, containment: float) -> None:
    outcomes(desk)
    desk.settings(abandons_count_as=setting)
    row = desk.row("containment", "contained.rate", "abandonment", "handoff.rate", "handoff.sum")
    assert row["containment"] == row["contained.rate"] == pytest.approx(containment)
    assert (row["abandonment"], row["handoff.rate"], row["handoff.sum"]) == (1 / 3, 1 / 4, 1)


def test_cost_saved_is_by_the_rate_that_the_project_sets(desk: Desk) -> None:
    outcomes(desk)
    with pytest.raises(InvalidInput, match="cost_saved needs a rate: set the project's setting"):
        desk.row("cost_saved")
    desk.settings(cost_saved={"amount": 4.5})
    answer = desk.ask({"measures": [{"metric": "cost_saved"}]})
    assert answer.totals == {"cost_saved.sum": 9}
    assert (answer.columns[0].unit, answer.columns[0].format) == ("GBP", "currency")
    desk.settings(cost_saved={"amount": 0.5, "per": "minute"}, abandons_count_as="excluded")
    assert desk.row("cost_saved", "cost_saved.avg") == {"cost_saved.sum": 1, "cost_saved.avg": 0.5}
    desk.settings(cost_saved={"amount": "much"})
    with pytest.raises(InvalidInput, match=r"setting metrics is wrong: cost_saved\.amount"):
        desk.row("cost_saved")


def test_repeat_contacts(desk: Desk) -> None:
    for id_, at, number in (
        ("first", "2026-03-01T10:00Z", "+441"),
        ("later", "2026-03-08T10:00Z", "+441"),  # after exactly seven days
        ("too late", "2026-03-15T10:00:00.001Z", "+441"),
        ("other", "2026-03-15T11:00Z", "+442"),
        ("same time", "2026-03-15T11:00Z", "+442"),
        ("hidden", "2026-03-15T11:00Z", None),
    ):
        desk.call(id_, at, **({"from_number": number} if number else {}))
    repeat = condition("repeat_contact", "eq", True)
    assert desk.ids(repeat) == {"later", "same time"}
    assert desk.ids(condition("repeat_contact", "not_exists")) == {"hidden"}
    assert desk.row("repeat_contact_rate") == {"repeat_contact_rate": 0.4}
    # What came before the range counts, too.
    only = desk.row("repeat_contact.sum", over={"from": "2026-03-08", "to": "2026-03-08"})
    assert only == {"repeat_contact.sum": 1}
    desk.settings(repeat_contact_days=8)
    assert desk.ids(repeat) == {"later", "too late", "same time"}


def test_what_was_said_and_done(desk: Desk) -> None:
    start = parse_ms("2026-03-30T10:00Z")
    desk.call(
        "talk",
        "2026-03-30T10:00Z",
        said("welcome to us", "agent", at=start + 2_000, ended_at=start + 5_000, latency_ms=800),
        said("hi there", at=start + 6_000, ended_at=start + 7_000),
        said("yes", "agent", at=start + 8_000, ended_at=start + 9_000, latency_ms=1_200, interrupted=True),
        said("", at=start + 10_000, is_silence=True),
        {"kind": "function_call", "name": "look_up", "error": "timeout"},
        {"kind": "function_call", "name": "look_up"},
        {"kind": "function_call", "name": "book"},
        {"kind": "flow", "flow": "booking", "step": "ask"},
    )
    names = (
        "turns",
        "silence",
        "interruptions",
        "agent_latency",
        "words_per_turn",
        "talk_ratio",
        "first_response",
    )
    row = desk.row(*names, "function_errors", "function_error_rate")
    assert row == {
        "turns.avg": 3,
        "silence.avg": 1,
        "interruptions.avg": 1,
        "agent_latency.avg": 1,
        "words_per_turn.avg": 2,
        "talk_ratio.avg": 0.8,
        "first_response.avg": 2,
        "function_errors.sum": 1,
        "function_error_rate": pytest.approx(1 / 3),
    }
    assert desk.ids(condition("functions", "contains", "book")) == {"talk"}
    assert desk.ids(condition("function_failures", "in", ["look_up"])) == {"talk"}
    assert desk.ids(condition("flows", "contains", "booking"), condition("steps", "contains", "ask")) == {
        "talk"
    }


def test_every_built_in_metric_answers_and_explains_itself(clinic: Desk) -> None:
    for facts in METRICS:
        if facts.name == "cost_saved":
            continue
        answer = clinic.ask({"measures": [{"metric": facts.name}], "by": ["channel"], "interval": "day"})
        column = answer.columns[-1]
        assert column.definition == facts.definition and column.label, facts.name
        assert answer.population.conversations == 6
    assert len({facts.name for facts in METRICS}) == len(METRICS)


def test_late_rewritten_corrected_and_retracted_metrics(desk: Desk) -> None:
    desk.metric("N", "number")
    desk.metric("ONCE", "number")
    desk.call("c", "2026-03-30T10:00Z", wrote("N", 1, id="e1"), wrote("ONCE", 1, write_once=True))
    assert desk.row("N.sum", "N.events") == {"N.sum": 1, "N.events": 1}
    late = parse_ms("2026-03-30T10:00:30Z")
    desk.tell({**wrote("N", 5), "conversation_id": "c", "at": late})
    desk.tell({**wrote("ONCE", 9), "conversation_id": "c", "at": late})
    assert desk.row("N.sum", "N.events", "ONCE.sum") == {"N.sum": 5, "N.events": 2, "ONCE.sum": 1}
    desk.tell({**wrote("N", 7, source="human", id="label"), "conversation_id": "c", "at": late + 60_000})
    assert desk.row("N.sum", "N@agent.sum", "N@human.sum") == {"N.sum": 7, "N@agent.sum": 5, "N@human.sum": 7}
    desk.tell({"kind": "retraction", "target": "label", "conversation_id": "c", "at": late + 120_000})
    assert desk.row("N.sum", "N.events", "N@human.sum") == {"N.sum": 5, "N.events": 2, "N@human.sum": None}
    start = {"kind": "update", "started_at": "2026-03-10T10:00:00Z", "conversation_id": "c", "at": late}
    desk.tell(start)
    days = desk.ask({"over": {"from": "2026-03-10", "to": "2026-03-30"}, "interval": "week"})
    assert [row["conversations"] for row in days.rows] == [1, 0, 0, 0]


def test_projects_know_nothing_of_each_other(office: Desk) -> None:
    one, other = office.another(), office.another()
    one.metric("ONLY_HERE", "boolean")
    one.call("same id", "2026-03-30T10:00Z", wrote("ONLY_HERE"), said("insurance"))
    other.call("same id", "2026-03-30T10:00Z", said("weather"))
    insurance = condition("transcript", "contains", "insurance")
    assert (one.count(insurance), other.count(insurance)) == (1, 0)
    assert one.row("ONLY_HERE.rate") == {"ONLY_HERE.rate": 1}
    with pytest.raises(QueryInvalid, match="there is no such metric or field"):
        other.row("ONLY_HERE.rate")


def test_a_built_in_name_wins_and_the_metrics_own_stays_in_reach(desk: Desk) -> None:
    desk.metric("duration", "number")
    desk.call("c", "2026-03-30T10:00Z", wrote("duration", 5), ended("2026-03-30T10:01Z"))
    asked = [{"metric": "duration", "agg": "avg"}, {"metric": "metric.duration", "agg": "avg"}]
    assert desk.row(*asked) == {"duration.avg": 60, "metric.duration.avg": 5}
