"""Each operator on each kind of field, and the kinds of nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.metrics.desk import Desk, condition, ended, extracted, said, wrote

ALL = {"full", "bare", "null", "odd", "false"}


@pytest.fixture(scope="module")
def calls(office: Desk) -> Desk:
    """full: everything is known; bare: nothing was written; null: unknown by an explicit null; odd: nothing
    that was written fits; false: the values that are nothing to Python."""
    desk = office.another(timezone="Europe/London")
    desk.metric("B", "boolean")
    desk.metric("N", "number")
    desk.metric("I", "integer")
    desk.metric("T", "text", empty_values=("", "None", "n/a"))
    desk.metric("C", "categorical", options=("Red", "green"))
    desk.call(
        "full",
        "2026-03-30T10:00Z",
        *(wrote(name, value) for name, value in FULL.items()),
        {
            "kind": "state",
            "set": {"a": {"b": "Text", "n": 2, "flag": True, "list": ["x", {"y": 1}]}, "0": "zero"},
        },
        said("Über die Straße, bitte: Größe 38"),
        ended("2026-03-30T10:01:30Z"),
        channel="voice",
        language="de-DE",
        tags=["it's", "b\\c", "vip"],
        attributes={"crm": "7", "tier": 3},
    )
    desk.call("bare", "2026-03-30T11:00Z")
    desk.call("null", "2026-03-30T12:00Z", *(wrote(name, None) for name in "BNITCW"))
    desk.call("odd", "2026-03-30T13:00Z", *(wrote(name, "nonsense") for name in "BNIC"), wrote("W", "odd"))
    desk.call("false", "2026-03-30T14:00Z", *(wrote(name, value) for name, value in FALSE.items()))
    return desk


FULL = {"B": True, "N": 2.5, "I": 2**53 + 1, "T": "  It's a \\ 'Test' ", "C": "red", "W": 3}
FALSE = {"B": False, "N": 0, "I": 0, "T": " N/A ", "C": "GREEN", "W": ""}


@pytest.mark.parametrize(
    ("field", "op", "value", "want"),
    [
        ("B", "eq", True, {"full"}),
        ("B", "eq", False, {"false"}),
        ("B", "ne", True, {"false"}),
        ("B", "in", [True, False], {"full", "false"}),
        ("B", "not_in", [True], {"false"}),
        ("B", "flagged", None, {"full"}),
        ("B", "not_flagged", None, ALL - {"full"}),
        ("N", "eq", 2.5, {"full"}),
        ("N", "ne", 2.5, {"false"}),
        ("N", "in", [0, 7], {"false"}),
        ("N", "not_in", [0, 7], {"full"}),
        ("N", "gt", 0, {"full"}),
        ("N", "gte", 0, {"full", "false"}),
        ("N", "lt", 2.5, {"false"}),
        ("N", "lte", 2.5, {"full", "false"}),
        ("N", "between", [0, 2.5], {"full", "false"}),
        ("N", "between", [2.5, 0], set()),
        ("N", "flagged", None, {"full"}),
        ("I", "eq", 2**53 + 1, {"full"}),
        ("I", "eq", 2**53, set()),  # told apart, though no float could
        ("I", "in", [0.5, 0], {"false"}),
        ("I", "lt", 0.5, {"false"}),
        ("I", "gt", 1e300, set()),
        ("T", "eq", "  It's a \\ 'Test' ", {"full"}),
        ("T", "eq", "it's a", set()),
        ("T", "ne", " N/A ", {"full"}),
        ("T", "in", [" N/A ", "x"], {"false"}),
        ("T", "not_in", [" N/A ", "x"], {"full"}),
        ("T", "contains", "'TEST'", {"full"}),
        ("T", "contains", "%", set()),
        ("T", "contains", "\\", {"full"}),
        ("T", "not_contains", "test", {"false"}),
        ("T", "flagged", None, {"full"}),
        ("T", "not_flagged", None, ALL - {"full"}),
        ("C", "eq", "RED", {"full"}),
        ("C", "ne", "red", {"false"}),
        ("C", "in", ["red", "Green"], {"full", "false"}),
        ("C", "not_in", ["red"], {"false"}),
        ("C", "contains", "EE", {"false"}),
        ("C", "flagged", None, {"full", "false"}),
        *((name, "exists", None, {"full", "false"}) for name in "BNITC"),
        *((name, "not_exists", None, {"bare", "null", "odd"}) for name in "BNIC"),
        *((name, "written", None, ALL - {"bare"}) for name in "BNIC"),
        *((name, "not_written", None, {"bare"}) for name in "BNIC"),
        *((name, "is_invalid", None, {"odd"}) for name in "BNIC"),
        ("T", "is_invalid", None, set()),
        ("T", "not_written", None, {"bare", "odd"}),
    ],
)
def test_metrics(calls: Desk, field: str, op: str, value: Any, want: set[str]) -> None:
    assert calls.ids(condition(field, op, value)) == want


@pytest.mark.parametrize(
    ("field", "op", "value", "want"),
    [
        ("channel", "eq", "voice", ALL),
        ("language", "eq", "de-DE", {"full"}),
        ("language", "eq", "de-de", set()),
        ("language", "contains", "DE-d", {"full"}),
        ("language", "ne", "en", {"full"}),
        ("language", "not_exists", None, ALL - {"full"}),
        ("duration", "eq", 90, {"full"}),
        ("duration", "gt", 90, set()),
        ("duration", "not_exists", None, ALL - {"full"}),
        ("in_progress", "eq", True, ALL - {"full"}),
        ("num_turns", "gte", 1, {"full"}),
        ("started_at", "eq", "2026-03-30", ALL),
        ("started_at", "eq", "2026-03-30T12:00:00+01:00", {"bare"}),
        ("started_at", "ne", "2026-03-30T12:00:00", ALL - {"bare"}),
        ("started_at", "gt", "2026-03-30T12:00", {"null", "odd", "false"}),
        ("started_at", "gt", "2026-03-30", set()),
        ("started_at", "gte", "2026-03-30", ALL),
        ("started_at", "lt", "2026-03-30T11:00:00.001Z", {"full", "bare"}),
        ("started_at", "lte", "2026-03-30", ALL),
        ("started_at", "lte", "2026-03-29", set()),
        ("started_at", "between", ["2026-03-30T11:00Z", "2026-03-30T13:00Z"], {"bare", "null", "odd"}),
        ("started_at", "in", ["2026-03-30T11:00Z", "2026-03-29"], {"bare"}),
        ("ended_at", "exists", None, {"full"}),
        ("tags", "contains", "it's", {"full"}),
        ("tags", "contains", "IT'S", set()),
        ("tags", "not_contains", "vip", ALL - {"full"}),
        ("tags", "in", ["x", "b\\c"], {"full"}),
        ("tags", "not_in", ["x", "b\\c"], ALL - {"full"}),
        ("tags", "exists", None, {"full"}),
        ("tags", "not_exists", None, ALL - {"full"}),
        ("metrics_written", "contains", "B", ALL - {"bare"}),
        ("hour_of_day", "eq", 12, {"bare"}),
        ("day_of_week", "eq", 1, ALL),
        ("contained", "eq", True, {"full"}),
        ("contained", "not_exists", None, ALL - {"full"}),
    ],
)
def test_built_in_fields(calls: Desk, field: str, op: str, value: Any, want: set[str]) -> None:
    assert calls.ids(condition(field, op, value)) == want


@pytest.mark.parametrize(
    ("field", "op", "value", "want"),
    [
        ("state.a.b", "eq", "Text", {"full"}),
        ("state.a.b", "contains", "EX", {"full"}),
        ("state.a.n", "eq", 2, {"full"}),
        ("state.a.n", "eq", "2", set()),
        ("state.a.n", "gt", 1.5, {"full"}),
        ("state.a.n", "between", [2, 2], {"full"}),
        ("state.a.flag", "eq", True, {"full"}),
        ("state.a.flag", "eq", 1, set()),
        ("state.a.flag", "flagged", None, {"full"}),
        ("state.a.list.0", "eq", "x", {"full"}),
        ("state.a.list.1.y", "eq", 1, {"full"}),
        ("state.a.list.2", "exists", None, set()),
        ("state.0", "eq", "zero", {"full"}),
        ("state.a", "exists", None, set()),  # an object is no value
        ("state.nothing", "not_exists", None, ALL),
        ("state.a.b", "ne", "x", {"full"}),
        ("attributes.crm", "eq", "7", {"full"}),
        ("attributes.tier", "in", [3, "3"], {"full"}),
    ],
)
def test_paths_into_state_and_attributes(
    calls: Desk, field: str, op: str, value: Any, want: set[str]
) -> None:
    assert calls.ids(condition(field, op, value)) == want


@pytest.mark.parametrize(
    ("value", "speaker", "want"),
    [
        ("straße ÜBER", None, {"full"}),
        ("Größe 38", "user", {"full"}),
        ("Größe", "agent", set()),
        ("strass", None, set()),  # whole words
        ("'; DROP TABLE turns", None, set()),
    ],
)
def test_the_transcript(calls: Desk, value: str, speaker: Any, want: set[str]) -> None:
    more = {} if speaker is None else {"speaker": speaker}
    assert calls.ids(condition("transcript", "contains", value, **more)) == want
    assert calls.ids(condition("transcript", "not_contains", value, **more)) == ALL - want


def test_groups_of_conditions(calls: Desk) -> None:
    true, nothing = condition("B", "eq", True), condition("B", "not_exists")
    assert calls.ids({"any": [true, nothing]}) == ALL - {"false"}
    assert calls.ids({"all": [nothing, condition("B", "written")]}) == {"null", "odd"}
    assert calls.ids({"not": {"any": [true, nothing]}}) == {"false"}
    assert calls.ids({"not": {"not": true}}) == {"full"}
    assert calls.ids({"not": condition("T", "contains", "test")}) == ALL - {"full"}
    assert calls.ids({"not": condition("B", "ne", True)}) == ALL - {"false"}


def test_names_that_nobody_registered(office: Desk) -> None:
    """Only the first 500 names of a project enter its registry by themselves."""
    desk = office.another()
    desk.call("filler", "2026-03-01T10:00Z", *(wrote(f"filler {i}") for i in range(500)))
    desk.call("number", "2026-03-30T10:00Z", wrote("W'1", 3), wrote("W'1", 4, source="human"))
    desk.call("text", "2026-03-30T11:00Z", wrote("W'1", "3"))
    desk.call("true", "2026-03-30T12:00Z", wrote("W'1"))
    desk.call("null", "2026-03-30T13:00Z", wrote("W'1", None))
    assert "W'1" not in desk.catalog.metrics.list(desk.project.id).by_name
    for op, value, want in (
        ("eq", 4, {"number"}),
        ("eq", 3, set()),
        ("eq", "3", {"text"}),
        ("eq", True, {"true"}),
        ("exists", None, {"number", "text", "true"}),
        ("written", None, {"number", "text", "true", "null"}),
        ("not_written", None, {"filler"}),
        ("flagged", None, {"number", "text", "true"}),
        ("ne", "3", {"number", "true"}),
        ("contains", "3", {"text"}),
        ("gte", 3, {"number"}),
    ):
        assert desk.ids(condition("W'1", op, value)) == want, op
    assert desk.ids(condition("W'1@agent", "eq", 3)) == {"number"}
    asked = [{"metric": "W'1", "agg": agg} for agg in ("conversations", "events", "sum", "rate", "distinct")]
    assert desk.row(*asked) == {
        "W'1.conversations": 3,
        "W'1.events": 4,
        "W'1.sum": 5,
        "W'1.rate": 0.2,
        "W'1.distinct": 3,
    }


def test_what_one_source_wrote(desk: Desk) -> None:
    desk.metric("M", "boolean")
    desk.call(
        "a", "2026-03-30T10:00Z", wrote("M", True), extracted("M", False), wrote("M", False, source="human")
    )
    desk.call("b", "2026-03-30T11:00Z", wrote("M", True), wrote("M", None), extracted("M", True))
    desk.call("c", "2026-03-30T12:00Z", extracted("M", "perhaps"))
    assert desk.ids(condition("M", "eq", True)) == set()
    assert desk.ids(condition("M@agent", "eq", True)) == {"a"}
    assert desk.ids(condition("M@agent", "not_written")) == {"c"}
    assert desk.ids(condition("M@extraction", "eq", True)) == {"b"}
    assert desk.ids(condition("M@extraction", "is_invalid")) == {"c"}
    assert desk.ids(condition("M@human", "exists")) == {"a"}
    rate = {"metric": "M", "source": "extraction", "agg": "rate"}
    assert desk.row(rate, "M@agent.rate") == {"M@extraction.rate": 0.5, "M@agent.rate": 1 / 3}


def test_agent_and_extraction_disagree(desk: Desk) -> None:
    desk.metric("M", "boolean")
    desk.metric("N", "number")
    desk.call(
        "agree", "2026-03-30T10:00Z", wrote("M"), extracted("M", "yes"), wrote("N", 2), extracted("N", "2.0")
    )
    desk.call(
        "differ", "2026-03-30T11:00Z", wrote("M"), extracted("M", False), wrote("N", 2), extracted("N", 2)
    )
    desk.call("one", "2026-03-30T12:00Z", wrote("M"), extracted("N", 2))
    desk.call(
        "unfit",
        "2026-03-30T13:00Z",
        wrote("M"),
        extracted("M", "perhaps"),
        wrote("N", None),
        extracted("N", 1),
    )
    assert desk.ids(condition("disagreement", "eq", True)) == {"differ"}
    assert desk.ids(condition("disagreement", "eq", False)) == {"agree"}
    assert desk.ids(condition("M@disagreement", "eq", True)) == {"differ"}
    assert desk.ids(condition("N@disagreement", "eq", False)) == {"agree", "differ"}
    assert desk.row("disagreement_rate", "N@disagreement.rate") == {
        "disagreement_rate": 0.5,
        "N@disagreement.rate": 0,
    }
