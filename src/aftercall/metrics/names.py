"""From a name in a question to what it stands for. In order: built-in, registered metric, user-defined
ratio, X@source, JSON path, X.status and the like, a name that was written but never registered; else an error
with the nearest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast, get_args

from aftercall.catalog.definitions import MetricDefinition, RatioDefinition, Registry
from aftercall.metrics import builtin
from aftercall.metrics.facts import Facts
from aftercall.metrics.lineage import PARTS, Lineage, facts_of_lineage
from aftercall.metrics.operands import (
    BuiltIn,
    Disagreement,
    JsonPath,
    Operand,
    Registered,
    Transcript,
    Written,
)
from aftercall.metrics.query import Agg, Measure, Source
from aftercall.metrics.strict import QueryInvalid, near, refusal, shown

SOURCES = frozenset(get_args(Source))
PREFIX = "metric."
"""``metric.duration`` is the metric that somebody called duration, not the built-in one."""
DISAGREEMENT = "disagreement"
DEEPEST_PATH = 16
_AGGS: dict[str, Agg] = {"boolean": "rate", "number": "avg", "integer": "avg"}
"""What is meant of a registered metric where a question names no aggregation; else how many know a value."""

TRANSCRIPT = Transcript(
    Facts(
        name="transcript",
        display_name="Transcript",
        definition="What was said, by words.",
        type="transcript",
        scope="read:transcripts",
    )
)


@dataclass(frozen=True)
class Names:
    """``was_written`` answers whether any conversation has a write of a name (a question to the store)."""

    registry: Registry
    was_written: Callable[[str], bool]
    _seen: dict[str, bool] = field(default_factory=dict)

    def find(self, name: str, place: str, source: Source | None = None) -> Operand:
        """Raises QueryInvalid at ``place`` with the nearest name."""
        found = self._find(name, source)
        if found is None:
            raise self.unknown(name, place)
        if source is not None and not isinstance(found, Written):
            raise refusal(place, f"is {shown(name)}, which has no sources: leave source out")
        return found

    def _find(self, name: str, source: Source | None) -> Operand | None:
        if source is not None and (metric := self._metric(name)) is not None:
            return _of_source(metric, source)
        facts = builtin.BY_NAME.get(builtin.SHORT_NAMES.get(name, name))
        if facts is not None:
            return BuiltIn(facts)
        if name == "transcript":
            return TRANSCRIPT
        if (metric := self._metric(name)) is not None:
            return Registered(facts_of(metric), metric)
        if (ratio := self.registry.ratios_by_name.get(name)) is not None:
            return BuiltIn(facts_of_ratio(ratio))
        found = self._of_one_source(name) or _json_path(name) or self._lineage(name)
        return found or self._unregistered(name, source)

    def _metric(self, name: str) -> MetricDefinition | None:
        by_name = self.registry.by_name
        return by_name.get(name) or by_name.get(name.removeprefix(PREFIX))

    def _of_one_source(self, name: str) -> Operand | None:
        base, _, source = name.rpartition("@")
        if not base or (source not in SOURCES and source != DISAGREEMENT):
            return None
        metric = self._metric(base)
        if metric is None and not self._written(base):
            return None
        if source == DISAGREEMENT:
            return Disagreement(_facts_of_disagreement(base), base if metric is None else metric.name)
        if metric is None:
            return Written(natural_facts(name), base, cast(Source, source))
        return _of_source(metric, cast(Source, source))

    def _lineage(self, name: str) -> Operand | None:
        """X.status, X@extraction.status. ``metric.X.status`` is what somebody wrote under that name."""
        base, _, part = name.rpartition(".")
        if part not in PARTS or not base:
            return None
        of, _, told = base.rpartition("@")
        of, source = (of, cast(Source, told)) if of and told in SOURCES else (base, None)
        metric = self._metric(of)
        if metric is None and not self._written(of):
            return None
        written = Written(natural_facts(base), of if metric is None else metric.name, source)
        return Lineage(facts_of_lineage(name, part), written, part)

    def _unregistered(self, name: str, source: Source | None) -> Operand | None:
        for written in (name, name.removeprefix(PREFIX)):
            if self._written(written):
                shown_as = name if source is None else f"{name}@{source}"
                return Written(natural_facts(shown_as), written, source)
        return None

    def _written(self, name: str) -> bool:
        if name not in self._seen:
            self._seen[name] = self.was_written(name)
        return self._seen[name]

    def unknown(self, name: str, place: str) -> QueryInvalid:
        nearest = near(name, self._known)
        return refusal(place, f"is {shown(name)}, and there is no such metric or field", nearest=nearest)

    @cached_property
    def _known(self) -> list[str]:
        return list(dict.fromkeys(self._all()))

    def _all(self) -> Iterator[str]:
        for metric in self.registry.metrics:
            yield metric.name
            yield from metric.synonyms
        yield from self.registry.ratios_by_name
        yield from builtin.BY_NAME
        yield from builtin.SHORT_NAMES
        yield "transcript"


def facts_of(metric: MetricDefinition) -> Facts:
    """A registered metric's."""
    base = metric.rate_base or ("known" if metric.is_extracted and not metric.confirms else "all")
    return Facts(
        name=metric.name,
        display_name=metric.display_name,
        definition=metric.definition,
        type=metric.type,
        unit=metric.unit,
        better=metric.better,
        agg=_AGGS.get(metric.type, "conversations"),
        base=base if isinstance(base, str) else dict(base),
        options=metric.options,
        empty_values=metric.empty_values,
        synonyms=metric.synonyms,
        group=metric.group,
    )


def facts_of_ratio(ratio: RatioDefinition) -> Facts:
    """A user-defined ratio's. Raises QueryInvalid where its measures are none."""
    try:
        numerator = Measure.read({**ratio.numerator, "divide_by": dict(ratio.denominator)})
    except QueryInvalid as error:
        raise refusal("", f"names the ratio {shown(ratio.name)}, which is wrong: {error.message}") from None
    percent = ratio.unit == "%" and ratio.multiplier == 1
    return Facts(
        name=ratio.name,
        display_name=ratio.display_name,
        definition=ratio.definition,
        type="ratio",
        unit=ratio.unit,
        better=ratio.better,
        agg="value",
        format="percent" if percent else None,
        means=numerator.model_copy(update={"multiplier": ratio.multiplier}),
        synonyms=ratio.synonyms,
        group=ratio.group,
    )


def _of_source(metric: MetricDefinition, source: Source) -> Operand:
    facts = facts_of(metric)
    base = facts.base
    if metric.rate_base is None:
        base = "known" if source == "extraction" else "all"
    changed = replace(
        facts,
        name=f"{metric.name}@{source}",
        display_name=f"{metric.display_name} ({source})",
        base=base,
    )
    return Written(changed, metric.name, source)


def natural_facts(name: str) -> Facts:
    return Facts(
        name=name,
        display_name=name,
        definition="Nobody registered it: each value has the type it was written with.",
        type="natural",
        agg="conversations",
    )


def _facts_of_disagreement(name: str) -> Facts:
    return Facts(
        name=f"{name}@{DISAGREEMENT}",
        display_name=f"{name}: agent and extraction differ",
        definition="The agent wrote another value than was extracted after the call.",
        type="boolean",
        better="down",
        agg="rate",
        base="known",
    )


def _json_path(name: str) -> Operand | None:
    column, *path = name.split(".")
    if column not in ("state", "attributes") or not path or not all(path) or len(path) > DEEPEST_PATH:
        return None
    facts = Facts(
        name=name,
        display_name=name,
        definition=f"A value in the conversation's {column}, with the type it has there.",
        type="natural",
        agg="conversations",
        scope="read:transcripts",
    )
    return JsonPath(facts, column, tuple(path))
