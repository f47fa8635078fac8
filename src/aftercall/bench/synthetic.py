"""A store full of made-up calls, for measuring queries: written by the engine itself, a million in minutes.

Each call has 10 utterances and 5 metrics; there are more of them each week, fewer at night and on weekends.
The calls have no meaning, and no two stores differ: the same numbers give the same calls. ``Calls`` in
bench/calls.py makes the like of them event by event, for measuring ingest.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from aftercall.bench import synthetic_sql as sql
from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.model.values import MetricType
from aftercall.store.engine import quoted
from aftercall.store.projection import version
from aftercall.store.schema import wide_table
from aftercall.store.store import Store

Progress = Callable[[str], None]

REASONS = ("new appointment", "move", "cancel", "billing", "opening hours", "insurance", "complaint", "other")
NAMED: dict[str, MetricType] = {
    "APPOINTMENT_BOOKED": "boolean",
    "APPOINTMENT_FAILED": "boolean",
    "RESOLVED": "boolean",
    "SENTIMENT": "number",
}
"""Every call writes one of the first two, and both of the others; CALL_REASON too, a categorical."""
FEWEST_METRICS = len(NAMED) + 2
OTHER_TYPES: tuple[MetricType, ...] = ("boolean", "number", "text")

CALLS_PER_INSERT = 40_000
_HOUR_MS = 3_600_000
_SYLLABLES = [c + v for c in "bcdfghklmnprstvz" for v in "aeiou"]


def vocabulary(size: int = 8_000) -> list[str]:
    """As large as a language's, because with ten words the text index would flatter us. No two are equal."""
    choose = random.Random(1)
    words: dict[str, None] = {}
    while len(words) < size:
        words["".join(choose.choice(_SYLLABLES) for _ in range(2 + len(words) % 3))] = None
    return list(words)


@dataclass(frozen=True)
class Volume:
    """How many calls, over how many days before ``end_ms`` (epoch milliseconds, a full hour)."""

    conversations: int
    days: int
    end_ms: int
    metrics: int = 50
    """Registered in the project. Each call writes five of them."""
    rows_only: bool = False
    """Neither events nor utterances: enough to measure queries that read the wide table alone."""

    @property
    def start_ms(self) -> int:
        return self.end_ms - self.days * 24 * _HOUR_MS

    def per_hour(self) -> list[int]:
        """Calls that began in each hour, the first hour first; they sum up to ``conversations``."""
        weights = [_weight(self.start_ms + hour * _HOUR_MS, hour) for hour in range(self.days * 24)]
        total = sum(weights)
        ends = [math.floor(self.conversations * w / total) for w in accumulate(weights)]
        ends[-1] = self.conversations
        return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _weight(at_ms: int, hour: int) -> float:
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    growth = 1 + 0.01 * min(hour / 24, 100)
    weekday = (1.1, 1.0, 1.0, 1.0, 0.95, 0.5, 0.35)[moment.weekday()]
    return growth * weekday * (0.05 + math.exp(-(((moment.hour - 13) / 4.5) ** 2)))


def make(store: Store, catalog: Catalog, slug: str, volume: Volume, progress: Progress) -> Project:
    """A new project with these calls in it."""
    project = catalog.projects.create(slug)
    _register(store, catalog, project.id, volume.metrics)
    registry = store.registries.of(project.id, fresh=True)
    parts = _fixed_parts(volume) | {"project": project.id, "stamp": version(0, registry.revision)}
    columns = sql.ROW | _others(volume.metrics)
    by_name = {metric.name: metric.column for metric in registry.metrics}
    parts |= {
        "table": wide_table(project.id),
        "columns": ", ".join(quoted(by_name.get(name, name)) for name in columns),
        "expressions": ", ".join(columns.values()),
    }
    statements = [sql.ROWS] if volume.rows_only else [sql.EVENTS, sql.TURNS, sql.ROWS]
    for done, some in _chunks(volume):
        for statement in statements:
            store.engine.command(sql.filled(statement, parts | some))
        progress(f"{slug}: {done:,} of {volume.conversations:,} calls")
    return project


def _register(store: Store, catalog: Catalog, project_id: int, metrics: int) -> None:
    names = NAMED | {_other_name(i): OTHER_TYPES[i % 3] for i in range(metrics - FEWEST_METRICS + 1)}
    catalog.metrics.register(project_id, "CALL_REASON", "categorical", options=REASONS)
    catalog.metrics.auto_register(project_id, names.items(), limit=metrics)
    store.registries.of(project_id, fresh=True)


def _other_name(number: int) -> str:
    return f"METRIC_{number:03}"


def _others(metrics: int) -> dict[str, str]:
    return {
        _other_name(i): f"if(other = {i}, {sql.OTHER[i % 3]}, NULL)"
        for i in range(metrics - FEWEST_METRICS + 1)
    }


def _fixed_parts(volume: Volume) -> dict[str, object]:
    words = vocabulary()
    return {
        "callers": max(1, volume.conversations // 3),
        "others": volume.metrics - FEWEST_METRICS + 1,
        "reasons": _array(REASONS),
        "num_reasons": len(REASONS),
        "words": _array(words),
        "num_words": len(words),
    }


def _array(words: tuple[str, ...] | list[str]) -> str:
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def _chunks(volume: Volume) -> Iterator[tuple[int, dict[str, object]]]:
    """The hours in runs of one month and at most about CALLS_PER_INSERT calls: calls done after it, parts.

    As calls come in life: a part of the table holds neighbours in time, of one partition.
    """
    hours = volume.per_hour()
    begin, done = 0, 0
    while begin < len(hours):
        end = begin + 1
        while end < len(hours) and _together(volume, begin, end) and sum(hours[begin:end]) < CALLS_PER_INSERT:
            end += 1
        counts = hours[begin:end]
        firsts = [0, *accumulate(counts)][:-1]
        yield (
            done + sum(counts),
            {
                "from_ms": volume.start_ms + begin * _HOUR_MS,
                "first": done,
                "counts": counts,
                "firsts": firsts,
                "hours": len(counts),
            },
        )
        begin, done = end, done + sum(counts)


def _together(volume: Volume, begin: int, end: int) -> bool:
    first, last = (_EPOCH + timedelta(milliseconds=volume.start_ms + h * _HOUR_MS) for h in (begin, end))
    return (first.year, first.month) == (last.year, last.month)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
