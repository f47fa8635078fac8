"""The rules for each field of a metric, and the field as its column in the database holds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from aftercall.catalog.tables import MetricRow
from aftercall.catalog.text import clean_text, text_fault
from aftercall.errors import InvalidInput
from aftercall.model.values import METRIC_TYPES, MetricType

LONGEST_METRIC_NAME = 200
MOST_OPTIONS = 1000
MOST_EMPTY_VALUES = 100


def name_fault(name: object) -> str | None:
    """Why this cannot be a metric's name, as the end of a sentence, or None."""
    return text_fault(name, shortest=1, longest=LONGEST_METRIC_NAME)


def clean_metric_name(name: object) -> str:
    return clean_text(name, "the name of a metric", shortest=1, longest=LONGEST_METRIC_NAME)


def clean_type(type_: object) -> MetricType:
    for known in METRIC_TYPES:
        if type_ == known:
            return known
    raise InvalidInput(
        f"{type_!a:.80} is no type of a metric: choose from {', '.join(METRIC_TYPES)}",
        code="INVALID_METRIC_TYPE",
    )


def stored_fields(**fields: Any) -> dict[str, Any]:
    """The given fields (None: not given), checked, as MetricRow holds them."""
    return {field: _CLEANERS[field](value) for field, value in fields.items() if value is not None}


def check_options(row: MetricRow) -> None:
    """A categorical has options, or no value could ever enter its column; no other type has them."""
    if row.type == "categorical" and row.options == "[]":
        raise InvalidInput(
            f"the categorical metric {row.name!r} needs options", code="METRIC_OPTIONS_MISSING"
        )
    if row.type != "categorical" and row.options != "[]":
        raise InvalidInput(
            f"the metric {row.name!r} is {row.type}: only a categorical one has options",
            code="METRIC_OPTIONS_UNEXPECTED",
        )


def _texts(values: Iterable[str], what: str, *, shortest: int, most: int) -> str:
    """As a JSON list; different from each other without regard to case, as values are compared."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidInput(f"{what}s must be a list of texts")
    cleaned = [clean_text(value, what, shortest=shortest, longest=LONGEST_METRIC_NAME) for value in values]
    if len(cleaned) > most:
        raise InvalidInput(f"a metric has at most {most} {what}s, not {len(cleaned)}")
    seen: set[str] = set()
    for value in cleaned:
        if value.strip().casefold() in seen:
            raise InvalidInput(f"the {what} {value!r} is there twice (case and outer spaces do not count)")
        seen.add(value.strip().casefold())
    return json.dumps(cleaned, ensure_ascii=False)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"active must be true or false, not {value!a:.40}")
    return value


_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "type": clean_type,
    "options": lambda values: _texts(values, "option", shortest=1, most=MOST_OPTIONS),
    "empty_values": lambda values: _texts(values, "empty value", shortest=0, most=MOST_EMPTY_VALUES),
    "display_name": lambda text: clean_text(text, "the display name of a metric", shortest=1, longest=200),
    "definition": lambda text: clean_text(text, "the definition of a metric", longest=10_000, lines=True),
    "unit": lambda text: clean_text(text, "the unit of a metric", longest=40),
    "active": _flag,
}
