"""Ranges, buckets and comparisons, on days when clocks change."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.metrics.buckets import buckets
from aftercall.metrics.query import MOST_ROWS, Query
from aftercall.metrics.ranges import LATEST_MS, compared, iso, midnight, range_of
from aftercall.metrics.strict import QueryInvalid
from aftercall.model.times import EARLIEST_MS, parse_ms
from tests.metrics.desk import Desk

LONDON = ZoneInfo("Europe/London")
NOW = parse_ms("2026-03-31T11:00Z")


def span(over: Any, zone: ZoneInfo = LONDON) -> tuple[str | None, str | None]:
    found = range_of(Query.read({"over": over}).over, zone, NOW)
    return tuple(None if ms is None else iso(ms, zone) for ms in (found.since, found.until))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("over", "since", "until"),
    [
        ({"last": "24h"}, "2026-03-30T12:00:00+01:00", "2026-03-31T12:00:00+01:00"),
        (
            {"last": "3d"},
            "2026-03-28T11:00:00+00:00",
            "2026-03-31T12:00:00+01:00",
        ),  # 72 hours, whatever clocks do
        ({"last": "1w"}, "2026-03-24T11:00:00+00:00", "2026-03-31T12:00:00+01:00"),
        ({"last": "1mo"}, "2026-02-28T12:00:00+00:00", "2026-03-31T12:00:00+01:00"),  # no 31 February
        ({"preset": "today"}, "2026-03-31T00:00:00+01:00", "2026-03-31T12:00:00+01:00"),
        ({"preset": "yesterday"}, "2026-03-30T00:00:00+01:00", "2026-03-31T00:00:00+01:00"),
        ({"preset": "this_week"}, "2026-03-30T00:00:00+01:00", "2026-03-31T12:00:00+01:00"),
        ({"preset": "last_week"}, "2026-03-23T00:00:00+00:00", "2026-03-30T00:00:00+01:00"),
        ({"preset": "this_month"}, "2026-03-01T00:00:00+00:00", "2026-03-31T12:00:00+01:00"),
        ({"preset": "last_month"}, "2026-02-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
        ({"preset": "this_quarter"}, "2026-01-01T00:00:00+00:00", "2026-03-31T12:00:00+01:00"),
        ({"preset": "last_quarter"}, "2025-10-01T00:00:00+01:00", "2026-01-01T00:00:00+00:00"),
        ({"preset": "last_year"}, "2025-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"),
        ({"preset": "this_year"}, "2026-01-01T00:00:00+00:00", "2026-03-31T12:00:00+01:00"),
        (
            {"from": "2026-03-29", "to": "2026-03-29"},
            "2026-03-29T00:00:00+00:00",
            "2026-03-30T00:00:00+01:00",
        ),
        (
            {"from": "2026-03-29T05:00", "to": "2026-03-29T05:00Z"},
            "2026-03-29T05:00:00+01:00",
            "2026-03-29T06:00:00+01:00",
        ),
        (
            {"from": "2026-03-29T01:30", "to": "2026-03-30"},
            "2026-03-29T02:00:00+01:00",
            "2026-03-31T00:00:00+01:00",
        ),
        ({"from": "2026-03-01"}, "2026-03-01T00:00:00+00:00", None),
        ({"to": "2026-03-01"}, None, "2026-03-02T00:00:00+00:00"),
        ({"all": True}, None, None),
    ],
)
def test_ranges(over: Any, since: str, until: str) -> None:
    assert span(over) == (since, until)


def test_a_range_reaches_no_further_than_calls_can() -> None:
    found = range_of(Query.read({"over": {"from": "0001-01-01", "to": "9999-12-30"}}).over, LONDON, NOW)
    assert (found.since, found.until) == (EARLIEST_MS, LATEST_MS)
    assert range_of(Query.read({"over": {"last": "99999w"}}).over, LONDON, NOW).since == EARLIEST_MS
    assert range_of(Query.read({"over": {"last": "99999mo"}}).over, LONDON, NOW).since == EARLIEST_MS


@pytest.mark.parametrize(
    ("over", "with_", "since", "until"),
    [
        ({"last": "24h"}, "previous_period", "2026-03-29T12:00:00+01:00", "2026-03-30T12:00:00+01:00"),
        ({"last": "24h"}, "previous_week", "2026-03-23T12:00:00+00:00", "2026-03-24T12:00:00+00:00"),
        # A day of 23 hours is compared with the day before it, not with 23 hours of it.
        (
            {"from": "2026-03-29", "to": "2026-03-29"},
            "previous_period",
            "2026-03-28T00:00:00+00:00",
            "2026-03-29T00:00:00+00:00",
        ),
        (
            {"preset": "last_month"},
            "previous_period",
            "2026-01-04T00:00:00+00:00",
            "2026-02-01T00:00:00+00:00",
        ),
        (
            {"preset": "last_month"},
            "previous_month",
            "2026-01-01T00:00:00+00:00",
            "2026-02-01T00:00:00+00:00",
        ),
        ({"preset": "today"}, "previous_day", "2026-03-30T00:00:00+01:00", "2026-03-30T12:00:00+01:00"),
        (
            {"preset": "this_month"},
            "previous_month",
            "2026-02-01T00:00:00+00:00",
            "2026-02-28T12:00:00+00:00",
        ),
        (
            {"preset": "this_quarter"},
            "previous_quarter",
            "2025-10-01T00:00:00+01:00",
            "2025-12-31T12:00:00+00:00",
        ),
        ({"preset": "today"}, "previous_year", "2025-03-31T00:00:00+01:00", "2025-03-31T12:00:00+01:00"),
    ],
)
def test_what_a_range_is_compared_with(over: Any, with_: Any, since: str, until: str) -> None:
    found = compared(range_of(Query.read({"over": over}).over, LONDON, NOW), with_, LONDON)
    assert found.since is not None and found.until is not None
    assert (iso(found.since, LONDON), iso(found.until, LONDON)) == (since, until)


def starts(since: str, until: str, interval: Any, zone: str) -> list[str]:
    its = ZoneInfo(zone)
    return [iso(ms, its) for ms in buckets(parse_ms(since), parse_ms(until), interval, its)]


def test_the_hour_that_is_left_out_has_no_bucket() -> None:
    found = starts("2026-03-29T00:00Z", "2026-03-29T03:00Z", "hour", "Europe/London")
    assert found == ["2026-03-29T00:00:00+00:00", "2026-03-29T02:00:00+01:00", "2026-03-29T03:00:00+01:00"]


def test_the_hour_that_comes_twice_has_two() -> None:
    found = starts("2026-11-01T05:00Z", "2026-11-01T08:00Z", "hour", "America/New_York")
    assert found == ["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00"]


def test_half_an_hour_of_summer_time() -> None:
    forward = starts("2026-10-03T14:30Z", "2026-10-03T16:30Z", "hour", "Australia/Lord_Howe")
    assert forward == ["2026-10-04T01:00:00+10:30", "2026-10-04T02:30:00+11:00", "2026-10-04T03:00:00+11:00"]
    back = starts("2026-04-04T14:00Z", "2026-04-04T16:30Z", "hour", "Australia/Lord_Howe")
    assert back == [
        "2026-04-05T01:00:00+11:00",
        "2026-04-05T01:30:00+10:30",
        "2026-04-05T02:00:00+10:30",
    ]


def test_hours_of_a_zone_that_is_half_an_hour_off() -> None:
    found = starts("2026-03-01T00:10Z", "2026-03-01T01:40Z", "hour", "Asia/Kolkata")
    assert found == ["2026-03-01T05:00:00+05:30", "2026-03-01T06:00:00+05:30", "2026-03-01T07:00:00+05:30"]


def test_a_day_that_begins_behind_a_gap() -> None:
    found = starts("2018-11-03T12:00Z", "2018-11-05T12:00Z", "day", "America/Sao_Paulo")
    assert found[1] == "2018-11-04T01:00:00-02:00"


ZONES = st.sampled_from(
    [
        "Europe/London",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Africa/Casablanca",
        "UTC",
        "America/Sao_Paulo",
        "America/Havana",
        "Asia/Beirut",
        "Pacific/Chatham",
        "Pacific/Apia",
        "Asia/Gaza",
    ]
)
MOMENTS = st.datetimes(datetime(2003, 1, 1), datetime(2030, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))


@given(
    MOMENTS,
    st.timedeltas(timedelta(hours=1), timedelta(days=40)),
    ZONES,
    st.sampled_from(["15m", "hour", "day", "week", "month", "quarter", "year"]),
)
def test_buckets_cover_the_range_once_and_begin_where_the_wall_says(
    since: datetime, length: timedelta, name: str, interval: Any
) -> None:
    zone = ZoneInfo(name)
    first, until = (parse_ms(moment.isoformat()) for moment in (since, since + length))
    found = buckets(first, until, interval, zone)
    assert found == sorted(set(found))
    assert found[0] <= first and found[-1] < until
    for start in found:
        before, wall = (datetime.fromisoformat(iso(ms, zone)) for ms in (start - 1, start))
        assert unit(before, interval) != unit(wall, interval)
    middle = (first + until) // 2
    inside = max(start for start in found if start <= middle)
    assert unit(datetime.fromisoformat(iso(inside, zone)), interval) == unit(
        datetime.fromisoformat(iso(middle, zone)), interval
    )


def unit(wall: datetime, interval: str) -> Any:
    """Which part of time that is, to a person with a calendar and a clock."""
    hour = (wall.date(), wall.hour, wall.utcoffset())
    return {
        "15m": (*hour, wall.minute // 15),
        "hour": hour,
        "day": wall.date(),
        "week": wall.date().isocalendar()[:2],
        "month": (wall.year, wall.month),
        "quarter": (wall.year, (wall.month - 1) // 3),
        "year": wall.year,
    }[interval]


def told(desk: Desk, *times: str) -> None:
    desk.tell(*({"kind": "start", "conversation_id": f"call-{at}", "at": at} for at in times))


def series(desk: Desk, **query: Any) -> dict[str, int]:
    return {row["bucket"]: row["conversations"] for row in desk.rows(query)}


def test_the_engine_counts_by_the_same_buckets(desk: Desk) -> None:
    told(desk, *(f"2025-10-26T00:{m}Z" for m in ("00", "30")), "2025-10-26T01:30Z", "2025-10-25T23:30Z")
    found = series(desk, over={"from": "2025-10-26", "to": "2025-10-26"}, interval="hour")
    assert len(found) == 25
    assert {label: count for label, count in found.items() if count} == {
        "2025-10-26T00:00:00+01:00": 1,
        "2025-10-26T01:00:00+01:00": 2,
        "2025-10-26T01:00:00+00:00": 1,
    }
    assert series(desk, over={"from": "2025-10-26", "to": "2025-10-26"}, interval="day") == {
        "2025-10-26T00:00:00+01:00": 4
    }


def test_the_same_calls_in_other_zones(desk: Desk) -> None:
    told(desk, "2026-03-01T18:29:59.999Z", "2026-03-01T18:30Z")
    over = {"from": "2026-03-01", "to": "2026-03-02"}
    assert list(series(desk, over=over, interval="day").values()) == [2, 0]
    assert list(series(desk, over=over, interval="day", timezone="Asia/Kolkata").values()) == [1, 1]


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_hour_of_day_and_day_of_week_are_the_walls(office: Desk, zone: str) -> None:
    desk = office.another(timezone=zone)
    # Every half hour around both clock changes of the zone, and around midnight.
    days = ("2025-10-26", "2025-11-02", "2025-04-05", "2025-10-04", "2025-03-30", "2025-03-09")
    moments = [
        datetime.fromisoformat(f"{d}T00:00Z") + timedelta(minutes=30 * i) for d in days for i in range(48)
    ]
    told(desk, *(moment.isoformat() for moment in moments))
    walls = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    hours, days_ = Counter(wall.hour for wall in walls), Counter(wall.isoweekday() for wall in walls)
    for field, want in (("hour_of_day", hours), ("day_of_week", days_)):
        rows = desk.rows({"by": [field], "over": {"all": True}})
        assert {row[field]: row["conversations"] for row in rows} == want


def test_a_rolling_range_is_not_rounded(desk: Desk) -> None:
    told(
        desk, "2026-03-30T10:59:59.999Z", "2026-03-30T11:00Z", "2026-03-31T10:59:59.999Z", "2026-03-31T11:00Z"
    )
    found = series(desk, over={"last": "24h"}, interval="day")
    assert found == {"2026-03-30T00:00:00+01:00": 1, "2026-03-31T00:00:00+01:00": 1}


def test_all_time_ends_now_or_with_a_clock_that_is_ahead(desk: Desk) -> None:
    assert series(desk, over={"all": True}, interval="day") == {}
    told(desk, "2026-03-29T10:00Z")
    assert list(series(desk, over={"all": True}, interval="day").values()) == [1, 0, 0]
    told(desk, "2026-04-01T10:00Z")
    answer = desk.ask({"over": {"all": True}})
    assert (answer.population.since, answer.population.to) == (
        "2026-03-29T11:00:00+01:00",
        "2026-04-01T11:00:00.001+01:00",
    )


def test_an_empty_range_has_no_bucket_and_an_empty_day_has_its_own(clinic: Desk) -> None:
    asked = {
        "measures": [{"metric": "conversations"}, {"metric": "duration", "agg": "p95"}],
        "interval": "day",
    }
    nothing = clinic.ask(asked | {"over": {"from": "2026-01-01T00:00", "to": "2026-01-01T00:00"}})
    assert (nothing.rows, nothing.totals) == ([], {"conversations": 0, "duration.p95": None})
    empty = clinic.ask(asked | {"over": {"from": "2026-01-01", "to": "2026-01-02"}, "by": ["channel"]})
    assert (empty.rows, empty.totals) == ([], {"conversations": 0, "duration.p95": None})
    days = clinic.rows(asked | {"over": {"from": "2026-01-01", "to": "2026-01-02"}})
    assert [(row["conversations"], row["duration.p95"]) for row in days] == [(0, None)] * 2


def test_too_many_buckets_are_refused(clinic: Desk) -> None:
    with pytest.raises(QueryInvalid, match=f"more than {MOST_ROWS:,} rows: take a longer one"):
        clinic.ask({"over": {"last": "60w"}, "interval": "15m"})
    with pytest.raises(QueryInvalid, match="limit is needed: 3 groups in 8,"):
        clinic.ask({"over": {"last": "50w"}, "interval": "hour", "by": ["variant"]})


def test_previous_stands_beside_each_row(clinic: Desk) -> None:
    asked = {
        "measures": [{"metric": "conversations"}, {"metric": "duration", "agg": "avg"}],
        "over": {"from": "2026-03-29", "to": "2026-03-30"},
        "interval": "day",
        "compare": "previous_period",
    }
    answer = clinic.ask(asked)
    assert answer.previous is not None
    assert [row["conversations"] for row in answer.rows] == [1, 2]
    assert answer.previous.rows == [
        {
            "bucket": "2026-03-27T00:00:00+00:00",
            "aligned": "2026-03-29T00:00:00+00:00",
            "conversations": 2,
            "duration.avg": 90,
        },
        {
            "bucket": "2026-03-28T00:00:00+00:00",
            "aligned": "2026-03-30T00:00:00+01:00",
            "conversations": 1,
            "duration.avg": 30,
        },
    ]
    assert answer.previous.totals == {"conversations": 3, "duration.avg": 70}
    assert answer.previous.population.to == answer.population.since


def test_a_bucket_that_the_other_period_does_not_have(clinic: Desk) -> None:
    answer = clinic.ask(
        {"over": {"preset": "last_quarter"}, "interval": "month", "compare": "previous_period"}
    )
    assert answer.previous is not None and len(answer.previous.rows) == len(answer.rows) == 3
    longer = clinic.ask(
        {"over": {"from": "2026-03-01", "to": "2026-03-31"}, "interval": "day", "compare": "previous_month"}
    )
    assert longer.previous is not None
    assert [row["bucket"] for row in longer.previous.rows[27:]] == [
        "2026-02-28T00:00:00+00:00",
        None,
        None,
        None,
    ]
    assert longer.previous.rows[-1]["conversations"] is None


def test_midnights_are_found_fast_and_right() -> None:
    zone = ZoneInfo("Asia/Beirut")  # 29 March 2026 begins at one
    day = datetime(2026, 3, 29).date()
    assert iso(midnight(day, zone), zone) == "2026-03-29T01:00:00+03:00"
