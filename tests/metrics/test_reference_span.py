"""The reference's own calendar, against what a wall calendar and the published clock changes say."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.metrics.reference.span import bucket, buckets, label, ms_of, range_of

LONDON, LORD_HOWE, SAO_PAULO = map(ZoneInfo, ("Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo"))


def at(text: str) -> int:
    return ms_of(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("first", "end", "hours"),
    [
        ("2026-03-29T00:00+00:00", "2026-03-30T00:00+01:00", 23),
        ("2026-10-25T00:00+01:00", "2026-10-26T00:00+00:00", 25),
    ],
)
def test_a_day_of_clock_change_has_23_or_25_hours(first: str, end: str, hours: int) -> None:
    found = buckets(at(first), at(end), "hour", LONDON)
    assert len(found) == hours == len({label(one, LONDON) for one in found})
    assert buckets(at(first), at(end), "day", LONDON) == [at(first)]


def test_the_hour_that_comes_twice_is_two_buckets_with_two_offsets() -> None:
    labels = [label(bucket(at(f"2026-10-25T{h}:40+00:00"), "hour", LONDON), LONDON) for h in ("00", "01")]
    assert labels == ["2026-10-25T01:00:00+01:00", "2026-10-25T01:00:00+00:00"]


def test_half_an_hour_of_summer_time() -> None:
    # 2026-04-05 02:00 goes back to 01:30 on Lord Howe: 01:45 comes twice.
    first, second = at("2026-04-05T01:45+11:00"), at("2026-04-05T01:45+10:30")
    assert second - first == 30 * 60_000
    assert bucket(first, "15m", LORD_HOWE) == first and bucket(second, "15m", LORD_HOWE) == second


def test_a_day_that_has_no_midnight_begins_after_the_gap() -> None:
    found = bucket(at("2018-11-04T12:00-02:00"), "day", SAO_PAULO)
    assert label(found, SAO_PAULO) == "2018-11-04T01:00:00-02:00"


@pytest.mark.parametrize(
    ("over", "first", "end"),
    [
        ({"last": "30d"}, "2026-03-01T09:30+00:00", "2026-03-31T09:30+00:00"),
        ({"last": "1mo"}, "2026-02-28T10:30+00:00", "2026-03-31T09:30+00:00"),
        ({"from": "2026-03-29", "to": "2026-03-29"}, "2026-03-29T00:00+00:00", "2026-03-29T23:00+00:00"),
        ({"from": "2026-03-29T05:00", "to": "2026-03-30T04:00Z"}, "2026-03-29T04:00Z", "2026-03-30T04:00Z"),
        ({"preset": "last_week"}, "2026-03-23T00:00+00:00", "2026-03-30T00:00+01:00"),
        ({"preset": "yesterday"}, "2026-03-30T00:00+01:00", "2026-03-31T00:00+01:00"),
        ({"preset": "last_quarter"}, "2025-10-01T00:00+01:00", "2026-01-01T00:00+00:00"),
    ],
)
def test_ranges(over: dict[str, str], first: str, end: str) -> None:
    assert range_of(over, at("2026-03-31T10:30+01:00"), LONDON) == (at(first), at(end))
