"""The rules for each field of a metric or ratio, and the field as its column in the database holds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

from aftercall.catalog.tables import MetricRow
from aftercall.catalog.text import clean_text, encode_json, text_fault
from aftercall.errors import InvalidInput
from aftercall.model.metric_spec import BETTER, SOURCES, Better, RateBase
from aftercall.model.values import METRIC_TYPES, MetricType

LONGEST_METRIC_NAME = 200
MOST_OPTIONS = 1000
MOST_EMPTY_VALUES = 100
MOST_SYNONYMS = 100
_LARGEST_MULTIPLIER = 1e12
LONGEST_JSON = 100_000
"""Characters of a declared extraction, or of a measure, as JSON."""


class MetricFields(TypedDict, total=False):
    """What register and update take beside name and type. None: not given."""

    options: Iterable[str] | None
    empty_values: Iterable[str] | None
    display_name: str | None
    definition: str | None
    unit: str | None
    better: Better | None
    group: str | None
    expected_sources: Iterable[str] | None
    rate_base: RateBase | str | None
    """The text default takes a base away again."""
    synonyms: Iterable[str] | None
    owner: str | None
    extraction: Mapping[str, Any] | None
    """An empty object takes it away again."""
    active: bool | None


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
    return {
        _COLUMNS.get(field, field): _CLEANERS[field](value)
        for field, value in fields.items()
        if value is not None
    }


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


def _better(value: object) -> str:
    if value not in BETTER:
        raise InvalidInput(f"better must be one of {', '.join(BETTER)}, not {value!a:.40}")
    return str(value)


def _sources(values: Iterable[str]) -> str:
    encoded = _texts(values, "expected source", shortest=1, most=len(SOURCES))
    for source in json.loads(encoded):
        if source not in SOURCES:
            raise InvalidInput(f"{source!a:.40} is no source: choose from {', '.join(SOURCES)}")
    return encoded


def _rate_base(value: object) -> str:
    if value == "default":
        return "null"
    if isinstance(value, Mapping) and set(value) == {"metric"}:
        clean_metric_name(value["metric"])
    elif value not in ("all", "known"):
        raise InvalidInput('rate_base must be "all", "known", "default" or {"metric": NAME}')
    return encode_json(value, "rate_base")


def _extraction(value: object) -> str:
    if not isinstance(value, Mapping):
        raise InvalidInput("extraction must be an object")
    return _object(value, "extraction") if value else "null"


def clean_measure(value: object, side: str) -> str:
    """A measure of a Query as far as this room can tell: what it means is checked where it is asked."""
    if not isinstance(value, Mapping) or "metric" not in value:
        raise InvalidInput(
            f'the {side} of a ratio must be a measure: {{"metric": NAME, "agg": "sum"}}, or a name alone'
        )
    clean_metric_name(value["metric"])
    clean_text(value.get("agg", ""), f"agg of the {side}", longest=40)
    return _object(value, f"the {side}")


def _object(value: Mapping[str, Any], what: str) -> str:
    encoded = encode_json(dict(value), what)
    if len(encoded) > LONGEST_JSON:
        raise InvalidInput(f"{what} has {len(encoded)} characters of JSON: {LONGEST_JSON} at most")
    return encoded


def _multiplier(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LARGEST_MULTIPLIER:
        return float(value)
    raise InvalidInput(f"multiplier must be a number above 0 and below 1e12, not {value!a:.40}")


_COLUMNS = {"group": "group_prefix"}  # GROUP is a word of SQL's own
_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "type": clean_type,
    "options": lambda values: _texts(values, "option", shortest=1, most=MOST_OPTIONS),
    "empty_values": lambda values: _texts(values, "empty value", shortest=0, most=MOST_EMPTY_VALUES),
    "display_name": lambda text: clean_text(text, "the display name of a metric", shortest=1, longest=200),
    "definition": lambda text: clean_text(text, "the definition of a metric", longest=10_000, lines=True),
    "unit": lambda text: clean_text(text, "the unit of a metric", longest=40),
    "active": _flag,
    "better": _better,
    "group": lambda text: clean_text(text, "the group of a metric", longest=LONGEST_METRIC_NAME),
    "expected_sources": _sources,
    "rate_base": _rate_base,
    "synonyms": lambda values: _texts(values, "synonym", shortest=1, most=MOST_SYNONYMS),
    "owner": lambda text: clean_text(text, "the owner of a metric", longest=200),
    "extraction": _extraction,
    "numerator": lambda value: clean_measure(value, "numerator"),
    "denominator": lambda value: clean_measure(value, "denominator"),
    "multiplier": _multiplier,
}
