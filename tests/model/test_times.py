from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.model.ids import new_id
from aftercall.model.times import iso, now_ms, parse_ms, to_datetime


@given(st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999))
def test_every_millisecond_survives_its_text(ms: int) -> None:
    assert parse_ms(iso(ms)) == ms
    assert to_datetime(ms).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01 09:30", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01T10:30:00+01:00", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_iso_texts(text: str, moment: datetime) -> None:
    assert parse_ms(text) == int(moment.timestamp() * 1000)


@pytest.mark.parametrize("wrong", ["yesterday", "", "2026-13-01", "12:30", float("nan"), float("inf")])
def test_what_is_no_time_is_refused(wrong: str | float) -> None:
    with pytest.raises(ValueError, match="time"):
        parse_ms(wrong)


def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_id() for _ in range(50)]
    assert len(set(ids)) == 50
    assert [i[:8] for i in ids] == sorted(i[:8] for i in ids)
    assert all(i[14] == "7" and i[19] in "89ab" for i in ids)
    assert abs(int(ids[0].replace("-", "")[:12], 16) - now_ms()) < 60_000
