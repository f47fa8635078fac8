"""Rows by fields: null is a group, lists count once per entry, limit with other, having, sort, drill-down."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.metrics.strict import QueryInvalid
from tests.metrics.desk import Desk, condition, wrote

ALL = {"all": True}


@pytest.fixture(scope="module")
def shop(office: Desk) -> Desk:
    """a 4 calls, b 3, c 2, d 1, and one without; N counts up from 0."""
    desk = office.another()
    desk.metric("N", "number")
    desk.metric("FLAG", "boolean")
    variants = [*"aaaa", *"bbb", *"cc", "d", None]
    for i, variant in enumerate(variants):
        facts: dict[str, Any] = {"variant_name": variant} if variant else {}
        tags = [["x", "y"], ["y", "z"], ["z", "w"], []][i % 4]
        desk.call(
            f"c{i:02}",
            f"2026-03-{20 + i:02}T10:00Z",
            wrote("N", i),
            *([wrote("FLAG", i % 2 == 0)] if i < 6 else []),
            **facts,
            tags=tags,
            channel="voice" if i % 2 else "chat",
        )
    return desk


def pairs(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows]


def test_null_is_a_group_of_its_own_and_ties_go_by_value(shop: Desk) -> None:
    rows = shop.rows({"by": ["variant"], "over": ALL})
    assert pairs(rows, "variant", "conversations") == [("a", 4), ("b", 3), ("c", 2), ("d", 1), (None, 1)]


@pytest.mark.parametrize(
    ("sort", "want"),
    [
        ([{"field": "conversations", "order": "asc"}], ["d", None, "c", "b", "a"]),
        ([{"field": "variant", "order": "asc"}], ["a", "b", "c", "d", None]),
        ([{"field": "variant"}], ["d", "c", "b", "a", None]),
        ([{"field": "N.avg"}], [None, "d", "c", "b", "a"]),
        ([{"field": "conversations", "order": "asc"}, {"field": "N.avg"}], [None, "d", "c", "b", "a"]),
    ],
)
def test_sort(shop: Desk, sort: Any, want: list[Any]) -> None:
    measures = [{"metric": "conversations"}, {"metric": "N", "agg": "avg"}]
    rows = shop.rows({"measures": measures, "by": ["variant"], "over": ALL, "sort": sort})
    assert [row["variant"] for row in rows] == want


def test_what_is_unknown_is_sorted_last_both_ways(shop: Desk) -> None:
    for order in ("asc", "desc"):
        asked = {"measures": [{"metric": "duration", "agg": "avg"}], "by": ["variant"], "over": ALL}
        rows = shop.rows({**asked, "sort": [{"field": "variant", "order": order}]})
        assert rows[-1]["variant"] is None


def test_limit_leaves_out_and_says_so(shop: Desk) -> None:
    answer = shop.ask({"by": ["variant"], "over": ALL, "limit": 2})
    assert pairs(answer.rows, "variant", "conversations") == [("a", 4), ("b", 3)]
    assert (answer.truncated, answer.totals) == (True, {"conversations": 11})
    assert not shop.ask({"by": ["variant"], "over": ALL, "limit": 5}).truncated


def test_other_is_computed_of_its_conversations(shop: Desk) -> None:
    measures = [{"metric": "conversations"}, {"metric": "N", "agg": "avg"}, {"metric": "N", "agg": "p50"}]
    answer = shop.ask({"measures": measures, "by": ["variant"], "over": ALL, "limit": 2, "other": True})
    assert answer.rows == [
        {"variant": "a", "conversations": 4, "N.avg": 1.5, "N.p50": 1.5},
        {"variant": "b", "conversations": 3, "N.avg": 5, "N.p50": 5},
        {"variant": None, "other": True, "conversations": 4, "N.avg": 8.5, "N.p50": 8.5},
    ]
    assert not answer.truncated
    all_ = shop.rows({"by": ["variant"], "over": ALL, "limit": 9, "other": True})
    assert all("other" not in row for row in all_)


def test_lists_count_once_for_each_entry_and_once_in_other(shop: Desk) -> None:
    rows = shop.rows({"by": ["tags"], "over": ALL})
    assert pairs(rows, "tags", "conversations") == [("y", 6), ("z", 6), ("w", 3), ("x", 3), (None, 2)]
    limited = shop.ask({"by": ["tags"], "over": ALL, "limit": 1, "other": True})
    # Beyond y: those with z, w, x or nothing, each of them once.
    assert pairs(limited.rows, "tags", "other", "conversations") == [("y", None, 6), (None, True, 11)]
    assert limited.totals == {"conversations": 11}


def test_two_lists_make_pairs(shop: Desk) -> None:
    rows = shop.rows({"by": ["tags", "metrics_written"], "over": ALL, "limit": 1})
    assert pairs(rows, "tags", "metrics_written", "conversations") == [("y", "N", 6), ("y", "FLAG", 4)]


def test_limit_counts_values_of_the_first_by(shop: Desk) -> None:
    asked = {"by": ["variant", "channel"], "over": ALL, "limit": 2}
    rows = shop.rows(asked)
    assert pairs(rows, "variant", "channel", "conversations") == [
        ("a", "chat", 2),
        ("a", "voice", 2),
        ("b", "chat", 2),
        ("b", "voice", 1),
    ]
    with_other = shop.rows({**asked, "other": True})
    assert with_other[:4] == rows
    assert with_other[4:] == [{"variant": None, "channel": None, "other": True, "conversations": 4}]


def test_series_of_the_groups_that_are_biggest_over_all(shop: Desk) -> None:
    asked = {"by": ["variant"], "over": ALL, "limit": 2, "interval": "week"}
    rows = shop.rows(asked)
    assert pairs(rows, "bucket", "variant", "conversations") == [
        ("2026-03-16T00:00:00+00:00", "a", 3),
        ("2026-03-16T00:00:00+00:00", "b", 0),
        ("2026-03-23T00:00:00+00:00", "a", 1),
        ("2026-03-23T00:00:00+00:00", "b", 3),
        ("2026-03-30T00:00:00+00:00", "a", 0),
        ("2026-03-30T00:00:00+00:00", "b", 0),
    ]
    with_other = shop.rows({**asked, "other": True})
    assert [row["conversations"] for row in with_other if row.get("other")] == [0, 3, 1]
    assert len(with_other) == 9


def test_series_can_run_backwards(shop: Desk) -> None:
    rows = shop.rows({"over": ALL, "interval": "week", "sort": [{"field": "bucket"}]})
    assert [row["conversations"] for row in rows] == [1, 7, 3]
    best = shop.rows({"over": ALL, "interval": "week", "sort": [{"field": "conversations"}]})
    assert [row["conversations"] for row in best] == [7, 3, 1]


@pytest.mark.parametrize(
    ("op", "value", "want"),
    [
        ("gte", 2, ["a", "b", "c"]),
        ("gt", 2, ["a", "b"]),
        ("lt", 2, ["d", None]),
        ("lte", 1, ["d", None]),
        ("eq", 3, ["b"]),
        ("ne", 3, ["a", "c", "d", None]),
        ("between", [2, 3], ["b", "c"]),
        ("exists", None, ["a", "b", "c", "d", None]),
        ("not_exists", None, []),
    ],
)
def test_having(shop: Desk, op: str, value: Any, want: list[Any]) -> None:
    having = {"measure": "conversations", "op": op} | ({} if value is None else {"value": value})
    answer = shop.ask({"by": ["variant"], "over": ALL, "having": [having]})
    assert [row["variant"] for row in answer.rows] == want
    assert answer.totals == {"conversations": 11}


def test_having_of_a_measure_that_may_be_unknown(shop: Desk) -> None:
    asked = {"measures": [{"metric": "FLAG", "agg": "rate", "base": "known"}], "by": ["variant"], "over": ALL}
    some = shop.rows({**asked, "having": [{"measure": "FLAG.rate", "op": "exists"}]})
    assert pairs(some, "variant", "FLAG.rate") == [("a", 0.5), ("b", 0.5)]
    none = shop.rows({**asked, "having": [{"measure": "FLAG.rate", "op": "lt", "value": 1}]})
    assert [row["variant"] for row in none] == ["a", "b"]


def test_other_is_of_the_groups_that_meet_having(shop: Desk) -> None:
    having = [{"measure": "conversations", "op": "gte", "value": 2}]
    for interval in ({}, {"interval": "year"}):
        asked = {"by": ["variant"], "over": ALL, "limit": 1, "other": True, "having": having, **interval}
        rows = shop.rows(asked)
        assert pairs(rows, "variant", "other", "conversations") == [("a", None, 4), (None, True, 5)]


def test_having_of_buckets_and_of_whole_groups(shop: Desk) -> None:
    having = [{"measure": "conversations", "op": "gt", "value": 1}]
    weeks = shop.rows({"over": ALL, "interval": "week", "having": having})
    assert [row["conversations"] for row in weeks] == [3, 7]
    series = shop.rows({"over": ALL, "interval": "week", "by": ["variant"], "having": having})
    assert {row["variant"] for row in series} == {"a", "b", "c"} and len(series) == 9


@pytest.mark.parametrize(
    ("group", "want"),
    [
        ({"field": "N", "bucket": 4}, [(0, 4), (4, 4), (8, 3)]),
        ({"field": "N", "bucket": 2.5}, [(0, 3), (2.5, 2), (5, 3), (7.5, 2), (10, 1)]),
        (
            {"field": "started_at", "bucket": "week"},
            [("2026-03-16", 3), ("2026-03-23", 7), ("2026-03-30", 1)],
        ),
        ({"field": "started_at", "bucket": "month"}, [("2026-03-01", 11)]),
        ({"field": "started_at", "bucket": "hour_of_day"}, [(10, 11)]),
        ("FLAG", [(False, 3), (True, 3), (None, 5)]),
        ("channel", [("chat", 6), ("voice", 5)]),
    ],
)
def test_what_can_be_grouped_by(shop: Desk, group: Any, want: list[Any]) -> None:
    name = group if isinstance(group, str) else group["field"]
    rows = shop.rows({"by": [group], "over": ALL, "sort": [{"field": name, "order": "asc"}]})
    assert pairs(rows, name, "conversations") == want


def test_names_of_rows_can_be_chosen(shop: Desk) -> None:
    group = {"field": "N", "bucket": 100, "as": "hundreds"}
    assert shop.rows(
        {"by": [group], "over": ALL, "measures": [{"metric": "N", "agg": "max", "as": "most"}]}
    ) == [{"hundreds": 0, "most": 10}]


def test_comparison_keeps_the_groups_of_now(shop: Desk) -> None:
    asked = {
        "by": ["variant"],
        "over": {"from": "2026-03-24", "to": "2026-03-27"},
        "compare": "previous_period",
        "limit": 1,
        "other": True,
    }
    answer = shop.ask(asked)
    assert answer.previous is not None
    assert pairs(answer.rows, "variant", "other", "conversations") == [("b", None, 3), (None, True, 1)]
    assert pairs(answer.previous.rows, "variant", "other", "conversations") == [
        ("b", None, 0),
        (None, True, 4),
    ]
    assert answer.previous.totals == {"conversations": 4}


QUERIES: list[dict[str, Any]] = [
    {"over": ALL},
    {"by": ["variant"], "over": ALL},
    {"by": ["variant"], "over": ALL, "limit": 2, "other": True},
    {"by": ["tags"], "over": ALL, "limit": 2, "other": True},
    {"by": ["tags", "channel"], "over": ALL},
    {
        "by": ["variant"],
        "over": ALL,
        "limit": 1,
        "other": True,
        "having": [{"measure": "conversations", "op": "gte", "value": 2}],
    },
    {"by": [{"field": "N", "bucket": 2.5}], "over": ALL},
    {"by": [{"field": "started_at", "bucket": "week"}, "FLAG"], "over": ALL},
    {"interval": "day", "over": {"last": "11d"}},
    {"interval": "week", "by": ["variant"], "over": {"last": "30d"}, "limit": 2, "other": True},
    {"by": ["hour_of_day"], "over": ALL, "where": [condition("N", "gt", 3)]},
    {"by": ["FLAG"], "over": ALL, "timezone": "Asia/Kolkata"},
]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_the_conversations_behind_a_cell_are_as_many_as_it_says(shop: Desk, query: dict[str, Any]) -> None:
    measures = [
        {"metric": "conversations"},
        {"metric": "N", "agg": "conversations"},
        {"metric": "FLAG", "agg": "rate", "base": "known"},
        {"metric": "FLAG", "agg": "conversations"},
    ]
    answer = shop.ask({**query, "measures": measures})
    assert answer.rows
    for row in answer.rows:
        drill = {**answer.drill, "row": row}
        assert shop.behind(drill)[1] == row["conversations"]
        assert shop.behind({**drill, "measure": "N.conversations"})[1] == row["N.conversations"]
        counted = shop.behind({**drill, "measure": "FLAG.rate"})[1]
        base = shop.behind({**drill, "measure": "FLAG.rate", "side": "base"})[1]
        assert base == row["FLAG.conversations"]
        assert row["FLAG.rate"] == (counted / base if base else None)


def test_pages_of_conversations_neither_repeat_nor_miss(shop: Desk) -> None:
    seen: list[str] = []
    after = None
    while True:
        items, count, after = shop.behind({"query": {"over": ALL}, "limit": 3}, after)
        seen += [one.id for one in items]
        assert count == 11
        if after is None:
            break
    assert seen == [f"c{i:02}" for i in range(10, -1, -1)]


def test_what_a_conversation_adds(shop: Desk) -> None:
    measures = [
        {"metric": "N"},
        {"metric": "FLAG"},
        {"metric": "N", "agg": "events"},
        {"metric": "started_at"},
    ]
    items, _, _ = shop.behind(
        {"query": {"measures": measures, "over": ALL, "where": [condition("N", "eq", 2)]}}
    )
    assert [one.values for one in items] == [
        {"N.avg": 2, "FLAG.rate": True, "N.events": 1, "started_at.max": "2026-03-22T10:00:00+00:00"}
    ]


@pytest.mark.parametrize(
    ("drill", "place"),
    [
        (
            {"query": {"by": ["variant"]}, "row": {"varient": 1}},
            "row.'varient' is no key .*did you mean 'variant'",
        ),
        ({"query": {"by": ["variant"]}, "row": {"variant": 1}}, "row.variant is 1"),
        ({"query": {"by": ["N"]}, "row": {"N": True}}, "row.N is True"),
        ({"query": {"by": ["N"]}, "row": {"N": 10**400}}, "row.N is 1000.*too large"),
        (
            {"query": {"interval": "day"}, "row": {"bucket": "2026-03-01T00:00:01Z"}},
            "row.bucket is .*begins no bucket",
        ),
        ({"query": {"interval": "day"}, "row": {"bucket": 5}}, "row.bucket is 5"),
        ({"query": {"by": ["N"]}, "row": {"other": True}}, "row.other is true, but"),
        ({"query": {}, "measure": "conversation"}, "measure is 'conversation'.*did you mean 'conversations'"),
        ({"query": {"by": ["vairant"]}}, r"by\[0\].field is 'vairant'"),
        ({"query": {}, "sise": "base"}, "has no field 'sise': did you mean 'side'"),
    ],
)
def test_a_cell_that_cannot_be(shop: Desk, drill: Any, place: str) -> None:
    with pytest.raises(QueryInvalid, match=place):
        shop.behind(drill)
