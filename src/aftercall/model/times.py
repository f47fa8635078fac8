"""Times are UTC milliseconds since 1970, as integers, everywhere inside."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

EARLIEST_MS = 946_684_800_000
"""2000-01-01. An event dated before this has a wrong clock."""
LATEST_AHEAD_MS = 48 * 3_600_000
"""So has one dated further ahead of the server than this."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def parse_ms(value: int | float | str) -> int:
    """Milliseconds from epoch milliseconds or ISO 8601 text (no offset means UTC).

    Raises ValueError with the reason. Years outside 1..9999 are refused by ``datetime`` itself.
    """
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError(
                f"{value[:40]!r} is not a time: use epoch milliseconds or ISO 8601 (2026-03-01T09:30:00Z)"
            ) from error
        return datetime_ms(moment)
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("a time must be a finite number of milliseconds")
    return int(value)


def datetime_ms(moment: datetime) -> int:
    """Milliseconds of a datetime; a naive one is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # Integer arithmetic on purpose: a float timestamp rounds .001 steps the wrong way.
    return (moment - _EPOCH) // _MILLISECOND


def to_datetime(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def iso(ms: int) -> str:
    """ISO 8601 with milliseconds and Z: ``2026-03-01T09:30:00.000Z``."""
    return to_datetime(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
