"""The metric columns of a row: each registered metric's value, and the parallel arrays of all its writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from aftercall.catalog.definitions import MetricDefinition, Registry
from aftercall.model.events import Metric
from aftercall.model.values import MetricType, NotCoercible, Value, coerce, infer_type, plain
from aftercall.store.fold import Conversation, valueless
from aftercall.store.incoming import Entry, seconds

Row = dict[str, Any]
_encode = msgspec.json.Encoder().encode


class Written(NamedTuple):
    """What one write comes to, as its metric's type; of a name nobody registered as its natural type."""

    type: str
    """boolean, number, integer, text, null or invalid; an option of a categorical is a text."""
    number: float
    """0 where it is none."""
    text: str
    """Canonical option, text, or the JSON form of numbers and booleans; what is invalid as it was written."""
    value: Value | None
    """What stands in the metric's column, should this write win."""


_NULL = Written("null", 0.0, "", None)
_HAPPENED = Written("boolean", 1.0, "true", True)


def written(event: Metric, metric: MetricDefinition | None) -> Written:
    """Never raises: what does not fit is invalid."""
    told = event.value
    type_: MetricType = (infer_type(told) or "boolean") if metric is None else metric.type
    if event.invalid is None and type_ == "boolean" and (told is UNSET or told is True):
        return _HAPPENED  # nearly half of all writes
    try:
        value = metric_value(event, type_, () if metric is None else metric.options)
    except NotCoercible:
        return Written("invalid", 0.0, as_text(told), None)
    if value is None:
        return _NULL
    number = 0.0 if isinstance(value, str) else float(value)
    return Written(type_word(type_), number, plain(value), value)


def type_word(type_: MetricType) -> str:
    """What ``write_types`` calls a value of this type."""
    return "text" if type_ == "categorical" else type_


def metric_value(event: Metric, type_: MetricType, options: Sequence[str] = ()) -> Value | None:
    """The write's value as the metric's type; None for an explicit null. Raises NotCoercible."""
    if event.invalid is not None:
        raise NotCoercible(event.invalid)
    if event.value is None:
        return None
    return coerce(True if event.value is UNSET else event.value, type_, options)


def as_text(told: Any) -> str:
    """What was written, as text: of a bare write ``true``, of a list or an object its JSON."""
    if isinstance(told, str):
        return told
    return "true" if told is UNSET else _encode(told).decode()


def inferred(writes: list[Entry]) -> MetricType | None:
    """A type from the first write that tells one: a bare write is a boolean, a null tells nothing."""
    for write in writes:
        event: Metric = write.event
        if event.invalid is None:
            type_: MetricType | None = "boolean" if valueless(event) else infer_type(event.value)
            if type_ is not None:
                return type_
    return None


def add_writes(row: Row, c: Conversation, registry: Registry) -> None:
    """The registered metrics' columns, and one place in each array for every write that counts."""
    if not c.writes:
        return
    by_name = registry.by_name
    wins = {writes[-1].event_id for writes in c.metrics.values()}
    told = [(entry, written(entry.event, by_name.get(entry.event.name))) for entry in standing(c.writes)]
    invalid, null = [], []
    for entry, one in told:
        if entry.event_id not in wins:
            continue
        metric = by_name.get(entry.event.name)
        if one.type == "null":  # of any name: one that is registered later need not be looked at again
            null.append(entry.event.name)
        elif metric is not None and one.value is None:
            invalid.append(metric.name)
        elif metric is not None:
            row[metric.column] = one.value
    row["metrics_written"] = list(c.metrics)
    if invalid:
        row["metrics_invalid"] = invalid
    if null:
        row["metrics_null"] = null
    _add_arrays(row, told)


def standing(writes: list[Entry]) -> list[Entry]:
    """Without those that a ``write_once`` of their own name and source overrules: it keeps the first. So the
    last place of a source is its value, in the column and in X@agent alike."""
    once = {(entry.event.name, entry.rank) for entry in writes if entry.event.write_once}
    if not once:
        return writes
    kept: list[Entry] = []
    seen: set[tuple[str, int]] = set()
    for entry in writes:
        key = (entry.event.name, entry.rank)
        if key not in once or key not in seen:
            kept.append(entry)
        seen.add(key)
    return kept


def _add_arrays(row: Row, told: list[tuple[Entry, Written]]) -> None:
    row["write_names"] = [entry.event.name for entry, _ in told]
    row["write_sources"] = [entry.event.source for entry, _ in told]
    row["write_times"] = [seconds(entry.at) for entry, _ in told]
    row["write_types"] = [one.type for _, one in told]
    row["write_numbers"] = [one.number for _, one in told]
    row["write_texts"] = [one.text for _, one in told]
    lineages = [_lineage(entry) for entry, _ in told]
    if any(lineages):
        for column, key in _LINEAGE.items():
            row[column] = [_short(lineage.get(key)) for lineage in lineages]


_LINEAGE = {"write_statuses": "status", "write_versions": "definition", "write_extractors": "extractor"}
"""Columns, and what they are called in the lineage of an extracted value."""
_LONGEST = 100
_NO_LINEAGE: dict[str, Any] = {}


def _lineage(entry: Entry) -> dict[str, Any]:
    if entry.event.source != "extraction":
        return _NO_LINEAGE
    return entry.event.lineage or _NO_LINEAGE


def _short(told: Any) -> str:
    """Anybody may send a lineage; ours are short words."""
    return told if isinstance(told, str) and len(told) <= _LONGEST else ""
