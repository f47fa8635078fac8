"""A line of the file as a conversation of the right shape, or the reason why it cannot be one.

The shape is what docs/import.md describes. Only what the mapping relies on is checked here; everything
else passes through as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import msgspec

from aftercall.model.times import EARLIEST_MS, LATEST_AHEAD_MS, now_ms, parse_ms

LONGEST_OFFSET_MS = 366 * 86_400_000
"""A turn further than a year from the start is a wrong unit, not a long call."""


class BadLine(ValueError):
    """``code`` for programs; the message completes "line 7: ..."."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class Told:
    """One conversation as its line tells it. Times are milliseconds, offsets from ``started_at``."""

    id: str
    started_at: int | None
    duration_ms: int | None
    turns: list[dict[str, Any]]
    events: list[dict[str, Any]]
    labels: dict[str, Any]
    language: str | None
    channel: str | None
    caller: str | None
    attributes: dict[str, Any] = field(default_factory=dict)
    """``source``, ``agent``, ``group`` and whatever else the line has at its top."""


KNOWN = frozenset(
    ("id", "lang", "channel", "started_at", "duration_ms", "caller", "turns", "events", "labels")
)


def read(data: bytes) -> Told:
    """Raises BadLine."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadLine("NOT_JSON", f"not JSON ({error})") from error
    except RecursionError as error:
        raise BadLine("TOO_DEEP", "nested too deeply to be read") from error
    if not isinstance(value, dict):
        raise BadLine("WRONG_SHAPE", "a line must be one JSON object")
    return Told(
        id=_id(value.get("id")),
        started_at=_started_at(value.get("started_at")),
        duration_ms=offset(value.get("duration_ms"), "duration_ms"),
        turns=[_turn(turn, number) for number, turn in enumerate(_list(value, "turns"), 1)],
        events=[_event(event, number) for number, event in enumerate(_list(value, "events", []), 1)],
        labels=_labels(value.get("labels")),
        language=_text(value, "lang"),
        channel=_text(value, "channel"),
        caller=_text(value, "caller"),
        attributes={key: item for key, item in value.items() if key not in KNOWN and item is not None},
    )


def offset(value: Any, what: str) -> int | None:
    """Whole milliseconds of a number, None of null. Raises BadLine."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadLine("WRONG_SHAPE", f"{what} must be a number of milliseconds or null")
    if abs(value) > LONGEST_OFFSET_MS:
        raise BadLine("WRONG_TIME", f"{what} is more than a year away from the start: use milliseconds")
    return round(value)


def _id(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise BadLine("WRONG_SHAPE", 'it has no "id": a text that names the conversation')
    return value


def _started_at(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadLine("WRONG_TIME", "started_at must be ISO 8601 text, epoch milliseconds or null")
    try:
        ms = parse_ms(value)
    except (ValueError, OverflowError) as error:
        raise BadLine("WRONG_TIME", f"started_at: {error}") from error
    if not EARLIEST_MS <= ms <= now_ms() + LATEST_AHEAD_MS:
        raise BadLine("WRONG_TIME", f"started_at {value!r} is before the year 2000 or in the future")
    return ms


def _list(value: dict[str, Any], key: str, default: list[Any] | None = None) -> list[Any]:
    found = value.get(key)
    if found is None:
        found = default
    if not isinstance(found, list):
        raise BadLine("WRONG_SHAPE", f'"{key}" must be a list')
    return found


def _text(value: dict[str, Any], key: str) -> str | None:
    found = value.get(key)
    if found is None or isinstance(found, str):
        return found or None
    raise BadLine("WRONG_SHAPE", f'"{key}" must be a text or null')


def _turn(turn: Any, number: int) -> dict[str, Any]:
    if not isinstance(turn, dict):
        raise BadLine("WRONG_SHAPE", f"turn {number} must be an object")
    if turn.get("speaker") not in ("user", "agent"):
        raise BadLine("WRONG_SHAPE", f'turn {number}: "speaker" must be "user" or "agent"')
    if not isinstance(turn.get("text"), str):
        raise BadLine("WRONG_SHAPE", f'turn {number}: "text" must be a text')
    return turn


def _event(event: Any, number: int) -> dict[str, Any]:
    if not isinstance(event, dict) or not isinstance(event.get("type"), str) or not event["type"]:
        raise BadLine("WRONG_SHAPE", f'event {number} must be an object with a "type"')
    if not isinstance(event.get("name"), str | None):
        raise BadLine("WRONG_SHAPE", f'event {number}: "name" must be a text')
    return event


def _labels(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise BadLine("WRONG_SHAPE", '"labels" must be an object')
