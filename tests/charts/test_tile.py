"""What a tile may be, and what the filters of a board make of its question."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.charts.board import Filters, fitting, narrowed
from aftercall.charts.tile import Tile
from aftercall.metrics.query import Query
from aftercall.metrics.strict import QueryInvalid

LAST = [("36h", "hour"), ("2d", "hour"), ("3d", "day"), ("14w", "day"), ("15w", "week"), ("24mo", "week")]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"kind": "line"}, "needs an interval"),
        ({"kind": "bar"}, "one or two of by and interval"),
        ({"kind": "donut", "query": {"by": ["a", "b"]}}, "one by and no interval"),
        ({"kind": "heatmap", "query": {"by": ["channel"]}}, "two of by and interval"),
        ({"kind": "histogram", "query": {"by": ["duration"]}}, "a bucket of a number's width"),
        ({"kind": "funnel", "steps": [{"label": "one"}]}, "2 steps"),
        ({"kind": "kpi", "steps": [{"label": "one"}]}, "only a funnel"),
        ({"kind": "kpi", "colour": 9}, "colour"),
        ({"kind": "kpi", "titel": "x"}, "'title'"),
        ({"kind": "kpi", "query": {"measures": [{"metric": "a", "agg": "meen"}]}}, "query.measures[0].agg"),
    ],
)
def test_what_cannot_be_drawn_is_refused(told: dict[str, Any], reason: str) -> None:
    with pytest.raises(QueryInvalid) as refused:
        Tile.read(told)
    assert reason in refused.value.message


def test_a_tile_is_what_it_was_when_it_is_read_again() -> None:
    told = {"kind": "bar", "title": "T", "layout": "share", "query": {"by": ["channel"], "limit": 3}}
    tile = Tile.read(told)
    assert Tile.read(tile.plain()) == tile
    assert tile.plain() == {**told, "query": {"by": [{"field": "channel"}], "limit": 3}}


def test_each_step_of_a_funnel_came_through_those_before_it() -> None:
    steps = [
        {"label": "all"},
        {"label": "a", "where": [{"field": "A", "op": "flagged"}]},
        {"label": "b", "where": [{"field": "B", "op": "flagged"}]},
    ]
    measures = Tile.read({"kind": "funnel", "steps": steps}).question().plain()["measures"]
    fields = [[one["field"] for one in measure.get("where", [])] for measure in measures]
    assert fields == [[], ["A"], ["A", "B"]]


def test_a_chart_shows_as_many_values_as_can_be_read_unless_told() -> None:
    def limit(kind: str, **query: Any) -> Any:
        asked = narrowed(Tile.read({"kind": kind, "query": query}))
        return asked.limit, asked.other

    assert limit("donut", by=["channel"]) == (10, True)
    assert limit("bar", by=["channel"], limit=3) == (3, False)
    assert limit("table", by=["channel"]) == limit("bar", by=["hour_of_day"]) == (None, False)
    assert limit("histogram", by=[{"field": "duration", "bucket": 5}]) == (None, False)


def test_filters_narrow_the_question_and_its_time() -> None:
    told = {
        "kind": "line",
        "query": {"interval": "day", "where": [{"field": "A", "op": "flagged"}], "over": {"last": "7d"}},
    }
    filters = Filters.read({"over": {"last": "24h"}, "where": [{"field": "B", "op": "flagged"}]})
    query = narrowed(Tile.read(told), filters)
    assert query.plain() == {
        "interval": "hour",
        "over": {"last": "24h"},
        "where": [{"field": "A", "op": "flagged"}, {"field": "B", "op": "flagged"}],
    }
    kept = narrowed(Tile.read({**told, "keep_interval": True}), filters)
    assert kept.interval == "day"
    own = narrowed(Tile.read({**told, "keep_time": True}), filters)
    assert (own.plain()["over"], own.interval, len(own.where)) == ({"last": "7d"}, "day", 2)
    assert narrowed(Tile.read(told)) == Tile.read(told).query


@pytest.mark.parametrize(("last", "interval"), LAST)
def test_the_interval_fits_the_length(last: str, interval: str) -> None:
    assert fitting(Query.read({"over": {"last": last}}).over) == interval


def test_the_interval_of_other_ranges() -> None:
    def of(over: Any) -> str:
        return fitting(Query.read({"over": over}).over)

    assert of({"preset": "today"}) == "hour"
    assert of({"preset": "this_year"}) == "week"
    assert of({"all": True}) == "month"
    assert of({"from": "2026-03-01", "to": "2026-03-02"}) == "hour"
    assert of({"from": "2026-01-01T00:00Z", "to": "2026-03-01"}) == "day"
    assert of({"to": "2026-03-01"}) == "month"
    assert of({"from": "no date"}) == "month"  # the query refuses it in better words
