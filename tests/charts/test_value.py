"""Numbers as text."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.charts.value import Format, bucket_text, duration, key_text
from aftercall.metrics.answer import Column


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("count", 1234567, "1,234,567"),
        ("count", 0, "0"),
        ("number", 3.14159, "3.14"),
        ("number", -2.0, "−2"),
        ("number", 100, "100"),
        ("percent", 0.48219, "48.2%"),
        ("percent", 1, "100%"),
        ("percent", 0.1, "10%"),
        ("currency", 4.5, "£4.50"),
        ("currency", 12345.67, "£12,346"),
        ("currency", -7, "−£7"),
        ("duration", 8.24, "8.2 s"),
        ("duration", 59.96, "1:00"),
        ("duration", 94, "1:34"),
        ("duration", 7389, "2:03:09"),
        ("number", None, "–"),
        ("time", "2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
        ("boolean", True, "Yes"),
    ],
)
def test_a_value_reads_as_people_write_it(kind: str, value: Any, text: str) -> None:
    assert Format(kind, unit="GBP").text(value) == text


def test_a_tile_may_say_how_many_decimals_and_what_stands_behind() -> None:
    assert Format("percent", 0).text(0.256) == "26%"
    assert Format("number", 3).text(2) == "2.000"
    assert Format("currency", 0, "USD").text(4.5) == "$4"
    assert Format("number", suffix="calls").text(2) == "2 calls"
    assert Format("number", suffix="°").text(2) == "2°"
    assert Format("number", suffix="x").text(None) == "–"
    assert duration(61, 2) == "1:01"


def test_a_change_is_in_percent_and_of_a_share_in_points() -> None:
    assert Format("count").change(150, 100) == "+50.0%"
    assert Format("percent").change(0.45, 0.5) == "−5.0 pp"
    assert Format("count").change(5, 0) == "+5"
    assert Format("number").change(-1, -2) == "+50.0%"
    assert Format("count").change(2, 2) == "±0.0%"
    assert Format("percent").change(0.85001, 0.85002) == "±0.0 pp"


def test_keys_are_said_in_words() -> None:
    assert key_text(Column("day_of_week", "by", "integer"), 1) == "Mon"
    assert key_text(Column("hour_of_day", "by", "integer"), 7) == "07:00"
    assert key_text(Column("X", "by", "boolean", format="boolean"), False) == "No"
    assert key_text(Column("X", "by", "text"), None) == "Not known"
    assert key_text(Column("X", "by", "text"), None, other=True) == "All others"


def test_buckets_are_said_by_the_clock_on_the_wall() -> None:
    start = "2026-03-29T01:00:00+01:00"
    assert bucket_text(start, "hour") == "29 Mar 01:00"
    assert bucket_text(start, "day") == "Sun 29 Mar"
    assert bucket_text(start, "week") == "week of 29 Mar"
    assert bucket_text(start, "month") == "Mar 2026"
    assert bucket_text(start, "quarter") == "Q1 2026"
    assert bucket_text(start, "year") == "2026"
