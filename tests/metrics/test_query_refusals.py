"""A question that cannot be asked is refused with its place and the nearest name, and never anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aftercall.errors import UserError
from aftercall.metrics.limits import Limits, QueryTooLarge, QueryTooSlow
from aftercall.metrics.query import Query
from aftercall.metrics.strict import QueryInvalid
from tests.metrics.desk import Desk, condition


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ([], "The query is wrong"),
        ({"mesures": []}, "The query has no field 'mesures': did you mean 'measures'?"),
        ({"measures": []}, "measures is wrong: list should have at least 1 item"),
        ({"measures": [{}] * 21}, "measures is wrong: list should have at most 20 items"),
        ({"measures": [{"metrc": "x"}]}, "measures[0] has no field 'metrc': did you mean 'metric'?"),
        (
            {"measures": [{"metric": "BOKED"}]},
            "measures[0].metric is 'BOKED', and there is no such metric or field: did you mean 'BOOKED'?",
        ),
        (
            {"measures": [{"metric": "booked"}]},
            "measures[0].metric is 'booked', and there is no such metric or field: did you mean 'BOOKED'?",
        ),
        ({"measures": [{"metric": "BOOKED@agnet"}]}, "measures[0].metric is 'BOOKED@agnet'"),
        (
            {"measures": [{"metric": "duration", "source": "agent"}]},
            "measures[0].metric is 'duration', which has no sources",
        ),
        (
            {"measures": [{"metric": "BOOKED", "agg": "p95"}]},
            "measures[0].agg is p95, which 'BOOKED' (boolean) does not have",
        ),
        ({"measures": [{"metric": "duration", "agg": "avrage"}]}, "measures[0].agg is 'avrage', not one of"),
        ({"measures": [{"metric": "duration", "agg": "events"}]}, "measures[0].agg is events"),
        (
            {"measures": [{"metric": "REASON", "agg": "rate"}]},
            "measures[0] is a rate of 'REASON' (categorical): say of which value",
        ),
        (
            {"measures": [{"metric": "REASON", "agg": "rate", "value": "bilings"}]},
            "measures[0].value is 'bilings', which is no option of 'REASON': did you mean 'billing'?",
        ),
        (
            {"measures": [{"metric": "duration", "agg": "avg", "value": 3}]},
            "measures[0].value belongs to the aggregation rate, not to avg",
        ),
        (
            {"measures": [{"metric": "duration", "agg": "avg", "base": "all"}]},
            "measures[0].base belongs to the aggregation rate",
        ),
        (
            {"measures": [{"metric": "BOOKED", "agg": "rate", "base": {"metric": "BOKED"}}]},
            "measures[0].base.metric is 'BOKED'",
        ),
        (
            {"measures": [{"metric": "containment", "base": "all"}]},
            "measures[0] cannot change what 'containment' is",
        ),
        ({"measures": [{"metric": "containment", "agg": "avg"}]}, "measures[0].agg is avg"),
        ({"measures": [{"metric": "transcript"}]}, "measures[0].metric is 'transcript', which is no metric"),
        (
            {"measures": [{"metric": "duration"}, {"metric": "duration"}]},
            "measures[1] is called 'duration.avg' in the rows, as another one is: give it a name with \"as\"",
        ),
        (
            {"measures": [{"metric": "duration", "as": "bucket"}]},
            "measures[0] is called 'bucket' in the rows, which rows keep for themselves",
        ),
        (
            {"measures": [{"metric": "function_error_rate"}], "divide_by": {}},
            "divide_by divides 'function_error_rate', which is divided already",
        ),
        (
            {"measures": [{"metric": "started_at", "divide_by": {}}]},
            "measures[0].divide_by divides with a time",
        ),
        ({"measures": [{"multiplier": float("inf")}]}, "measures[0].multiplier is wrong"),
        (
            {"where": [condition("SCORE", "eq", "many")]},
            "where[0].value is 'many', but 'SCORE' is compared with a number",
        ),
        ({"where": [condition("SCORE", "eq", True)]}, "where[0].value is True, but"),
        ({"where": [condition("SCORE", "gt", float("nan"))]}, "where[0].value is nan, but"),
        ({"where": [condition("SCORE", "gt", 10**400)]}, "where[0].value is 1000"),
        (
            {"where": [condition("SCORE", "contains", "x")]},
            "where[0].op is contains, which 'SCORE' (number) does not have",
        ),
        ({"where": [condition("SCORE", "in", 3)]}, "where[0].value must be a list of values"),
        ({"where": [condition("SCORE", "in", [])]}, "where[0].value must be a list of values"),
        ({"where": [condition("SCORE", "in", [1] * 1001)]}, "where[0].value has 1,001 values"),
        ({"where": [condition("SCORE", "in", [1, "x"])]}, "where[0].value[1] is 'x'"),
        ({"where": [condition("SCORE", "between", [1])]}, "where[0].value must be a list of two values"),
        ({"where": [condition("SCORE", "exists", 3)]}, "where[0].value is given, but exists takes none"),
        (
            {"where": [condition("SCORE", "eq")]},
            "where[0].value is missing: to ask for what is unknown use not_exists",
        ),
        ({"where": [condition("BOOKED", "eq", "yes")]}, "where[0].value is 'yes', but 'BOOKED' is boolean"),
        (
            {"where": [condition("channel", "eq", 3)]},
            "where[0].value is 3, but 'channel' is compared with a text",
        ),
        (
            {"where": [condition("channel", "written")]},
            "where[0].op is written, which 'channel' (text) does not have",
        ),
        ({"where": [condition("channel", "eq", "x" * 10_001)]}, "where[0].value has 10,001 characters"),
        ({"where": [condition("started_at", "gt", "soon")]}, "where[0].value is 'soon': use ISO 8601"),
        (
            {"where": [condition("containment", "gt", 1)]},
            "where[0].field is 'containment', a number of many conversations",
        ),
        (
            {"where": [condition("transcript", "contains", "?!")]},
            "where[0].value has no letter or digit in it",
        ),
        ({"where": [condition("transcript", "eq", "x")]}, "where[0].op is eq"),
        (
            {"where": [condition("channel", "eq", "x", speaker="user")]},
            "where[0].speaker belongs to the field transcript only",
        ),
        (
            {"where": [{"any": [condition("REASON", "eq", "biling")]}]},
            "where[0].any[0].value is 'biling', which is no option of 'REASON': did you mean 'billing'?",
        ),
        ({"where": [{"not": {"all": [condition("x.y", "exists")]}}]}, "where[0].not.all[0].field is 'x.y'"),
        ({"where": [{"any": []}]}, "where[0].any is wrong"),
        ({"where": [condition("channel", "exists")] * 101}, "where[100] is one condition too many"),
        ({"where": [condition("state..x", "exists")]}, "where[0].field is 'state..x'"),
        (
            {"by": ["vraiant"]},
            "by[0].field is 'vraiant', and there is no such metric or field: did you mean 'variant'?",
        ),
        ({"by": ["channel"] * 4}, "by is wrong: list should have at most 3 items"),
        ({"by": ["channel", "channel"]}, "by[1] is called 'channel' in the rows, as another one is"),
        ({"by": ["started_at"]}, "by[0].bucket must say by which part of a time"),
        (
            {"by": [{"field": "channel", "bucket": 3}]},
            "by[0].bucket is a width, but 'channel' (text) is no number",
        ),
        ({"by": [{"field": "duration", "bucket": "day"}]}, "by[0].bucket is day, but 'duration' is no time"),
        ({"by": [{"field": "duration", "bucket": 0}]}, "by[0].bucket is wrong"),
        ({"by": ["transcript"]}, "by[0].field is 'transcript', which has no values to group by"),
        ({"over": {"last": "30"}}, "over.last is wrong"),
        ({"over": {"preset": "this_wek"}}, "over.preset is 'this_wek', not one of"),
        ({"over": {"from": "2026-02-30"}}, "over.from is '2026-02-30': use ISO 8601"),
        (
            {"over": {"from": "2026-03-02", "to": "2026-03-01T00:00"}},
            "over is a range that ends before it begins",
        ),
        ({"over": {"all": False}}, "over.all is "),
        (
            {"timezone": "Europe/Lodnon"},
            "timezone is 'Europe/Lodnon', which is no IANA time zone: did you mean 'Europe/London'?",
        ),
        ({"timezone": "../../etc/passwd"}, "timezone is '../../etc/passwd', which is no IANA time zone"),
        (
            {"interval": "dya"},
            "interval is 'dya', not one of '15m', 'hour', 'day', 'week', 'month', 'quarter' or 'year':"
            " did you mean 'day'?",
        ),
        ({"compare": "previous_period", "over": {"all": True}}, "compare needs a range with a beginning"),
        (
            {"having": [{"measure": "x", "op": "gt", "value": 1}], "by": ["channel"]},
            "having[0].measure is 'x', no measure of this query",
        ),
        ({"having": [{"measure": "conversations", "op": "gt"}]}, "having[0].value must be a number"),
        (
            {"sort": [{"field": "conversation"}]},
            "sort[0].field is 'conversation', no measure and no by of this query:"
            " did you mean 'conversations'?",
        ),
        ({"limit": 0}, "limit is wrong"),
        ({"limit": 3}, "limit needs by or interval"),
        ({"by": ["channel"], "other": True}, "other needs a limit"),
        ({"where": [condition("channel", "eq", "\ud800")]}, "The query holds half of a surrogate pair"),
        ({"measures": [{"metric": "\udfff"}]}, "measures[0].metric is wrong: input should be a valid string"),
        (
            {"compare": "previous_period", "over": {"to": "2026-03-01"}},
            "compare needs a range with a beginning",
        ),
    ],
)
def test_the_message_names_place_and_nearest_name(clinic: Desk, query: Any, message: str) -> None:
    with pytest.raises(QueryInvalid) as refused:
        clinic.ask(query)
    assert refused.value.message.startswith(message), refused.value.message
    assert (refused.value.status, refused.value.code) == (400, "QUERY_INVALID")
    assert set(refused.value.data) == {"place", "nearest"}


def test_nesting_has_an_end(clinic: Desk) -> None:
    deep: Any = condition("channel", "exists")
    for _ in range(7):
        deep = {"not": deep}
    assert clinic.count(deep) == 0
    with pytest.raises(QueryInvalid, match="lies deeper than 8 levels"):
        clinic.count({"not": deep})
    for _ in range(5_000):
        deep = {"not": deep}
    with pytest.raises(QueryInvalid):
        clinic.count(deep)
    chain: Any = {"metric": "conversations"}
    for _ in range(9):
        chain = {"metric": "conversations", "divide_by": chain}
    with pytest.raises(QueryInvalid, match="deeper than 8 levels of divide_by"):
        clinic.ask({"measures": [chain]})


def test_a_query_that_takes_too_long_or_too_much_says_how_to_narrow_it(clinic: Desk) -> None:
    query = Query.read(
        {
            "measures": [{"metric": "disagreement_rate"}, {"metric": "duration", "agg": "p95"}],
            "by": ["conversation_id"],
        }
    )
    with pytest.raises(
        QueryTooLarge, match="needs more than 0 MB of memory: ask for a shorter range"
    ) as large:
        clinic.limited(Limits(memory=1_000)).run(query, clinic.project)
    assert (large.value.status, large.value.code) == (400, "QUERY_TOO_LARGE")


def test_what_the_engine_says_of_time_and_memory_is_told_apart() -> None:
    from clickhouse_connect.driver.exceptions import DatabaseError

    limits = Limits(seconds=2)
    slow = limits.refusal(DatabaseError("Code: 159. DB::Exception: Timeout exceeded"))
    assert isinstance(slow, QueryTooSlow) and slow.status == 408
    assert "longer than 2 s: ask for a shorter range" in slow.message
    assert limits.refusal(DatabaseError("Code: 47. DB::Exception: Unknown column 'Code: 1590.'")) is None


NAMES = st.sampled_from(
    [
        "conversations",
        "duration",
        "BOOKED",
        "SCORE",
        "REASON",
        "REASON@agent",
        "containment",
        "channel",
        "tags",
        "state.basket.total",
        "state.basket.items.0",
        "started_at",
        "transcript",
        "hour_of_day",
        "callers",
        "BOOKED@disagreement",
        "`x`",
        "a'b",
        "{p1:String}",
        "c.channel",
        "state.'",
        "metric.BOOKED",
        "\0",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | NAMES
    | st.sampled_from(
        ["billing", "2026-03-27", "2026-03-27T09:00Z", "' OR 1=1 --", "\\", "\ud800", "{p1:String}"]
    )
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)


def nearly(model: Any, **good: Any) -> st.SearchStrategy[Any]:
    """Objects of a model's fields, mostly of good values, some of any."""
    fields = [field.alias or name for name, field in model.model_fields.items()]
    choices = {name: good.get(name, VALUES) | VALUES if name not in good else good[name] for name in fields}
    return st.fixed_dictionaries({}, optional=choices) | VALUES


def literal(model: Any, name: str) -> st.SearchStrategy[Any]:
    import typing

    return (
        st.sampled_from([v for v in typing.get_args(_unwrapped(model, name)) if isinstance(v, str)]) | VALUES
    )


def _unwrapped(model: Any, name: str) -> Any:
    import typing

    annotation = model.model_fields[name].annotation
    for part in (annotation, *typing.get_args(annotation)):
        if typing.get_origin(part) is typing.Literal:
            return part
    raise AssertionError(name)


def queries() -> st.SearchStrategy[Any]:
    from aftercall.metrics import query as q

    leaf = st.fixed_dictionaries(
        {"field": NAMES, "op": literal(q.Condition, "op")}, optional={"value": VALUES, "speaker": VALUES}
    )
    where = st.recursive(
        leaf | VALUES,
        lambda inner: (
            st.fixed_dictionaries({"any": st.lists(inner, max_size=2)})
            | st.fixed_dictionaries({"all": st.lists(inner, max_size=2)})
            | st.fixed_dictionaries({"not": inner})
        ),
        max_leaves=4,
    )
    measure = st.fixed_dictionaries(
        {"metric": NAMES},
        optional={
            "agg": literal(q.Measure, "agg"),
            "source": literal(q.Measure, "source"),
            "value": VALUES,
            "base": st.sampled_from(["all", "known", {"metric": "BOOKED"}]) | VALUES,
            "where": st.lists(where, max_size=2),
            "multiplier": VALUES,
            "as": NAMES,
            "divide_by": st.fixed_dictionaries(
                {"metric": NAMES}, optional={"agg": literal(q.Measure, "agg")}
            ),
        },
    )
    over = st.sampled_from(
        [{"all": True}, {"last": "30d"}, {"preset": "this_week"}, {"from": "2026-03-27", "to": "2026-03-30"}]
    )
    by = NAMES | st.fixed_dictionaries(
        {"field": NAMES, "bucket": st.sampled_from([5, "day", "hour_of_day"]) | VALUES}
    )
    return (
        st.fixed_dictionaries(
            {},
            optional={
                "measures": st.lists(measure, min_size=1, max_size=2) | VALUES,
                "over": over | VALUES,
                "timezone": st.sampled_from(["Asia/Kolkata", "Europe", ""]) | VALUES,
                "interval": literal(q.Query, "interval"),
                "by": st.lists(by, max_size=2) | VALUES,
                "where": st.lists(where, max_size=2) | VALUES,
                "divide_by": measure | VALUES,
                "compare": literal(q.Query, "compare"),
                "having": st.lists(
                    st.fixed_dictionaries({"measure": NAMES, "op": literal(q.Having, "op"), "value": VALUES}),
                    max_size=1,
                )
                | VALUES,
                "sort": st.lists(st.fixed_dictionaries({"field": NAMES}), max_size=1) | VALUES,
                "limit": st.integers(-1, 5) | VALUES,
                "other": st.booleans() | VALUES,
            },
        )
        | VALUES
    )


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(query=queries())
@example(
    query={"by": ["conversation_id"], "limit": 1, "other": True, "interval": "15m", "over": {"last": "24h"}}
)
def test_whatever_is_asked_is_answered_or_refused(clinic: Desk, query: Any) -> None:
    try:
        answer = clinic.ask(query, explain=True)
    except UserError as refused:
        assert 400 <= refused.status < 500 and refused.message
        return
    assert answer.sql is not None
    for hostile in ("`x`", "a'b", "OR 1=1", "c.channel'", "state.'"):
        assert hostile not in answer.sql


def test_names_and_values_never_become_sql(office: Desk) -> None:
    desk = office.another()
    name = "x'); DROP TABLE events; -- `{p1:String}` \\"
    desk.metric(name, "text")
    desk.call("c", "2026-03-30T10:00Z", {"kind": "metric", "name": name, "value": name})
    query = {
        "measures": [
            {"metric": name, "agg": "rate", "value": name, "as": "it"},
            {"metric": f"{name}@agent", "agg": "events"},
        ],
        "where": [
            condition(name, "eq", name),
            condition("metrics_written", "contains", name),
            condition(f"state.{name}", "not_exists"),
        ],
        "by": [name, {"field": "channel", "as": f"{name} too"}],
        "over": {"all": True},
    }
    answer = desk.ask(query, explain=True)
    assert answer.rows == [{name: name, f"{name} too": "voice", "it": 1, f"{name}@agent.events": 1}]
    assert answer.sql is not None and "DROP TABLE" not in answer.sql and "--" not in answer.sql
    assert name in (answer.parameters or {}).values()
