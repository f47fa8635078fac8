"""A question that was found good: every name resolved, every value of its field's type. What rewrites change
and render writes as SQL."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from aftercall.catalog.principal import Scope
from aftercall.metrics.facts import Facts
from aftercall.metrics.operands import Operand
from aftercall.metrics.query import Agg, DateBucket, Interval, Op, Query
from aftercall.metrics.settings import Settings


@dataclass(frozen=True)
class Test:
    """``value`` is checked and of the operand's type: options in their own spelling, times as (first
    millisecond, first after it), ``in`` as a tuple, ``between`` as a pair."""

    operand: Operand
    op: Op
    value: Any = None
    speaker: Literal["user", "agent"] | None = None


@dataclass(frozen=True)
class Every:
    """All of them; of none: true."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Some:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Opposite:
    part: Condition


Condition = Test | Every | Some | Opposite
ALWAYS = Every()


@dataclass(frozen=True)
class MeasurePlan:
    """One number per group. ``operand`` None: conversations as such. ``wanted``: of a rate, what is counted
    (None: that the operand is true). ``base``: of a rate, ``all``, ``known`` or another metric."""

    agg: Agg
    facts: Facts
    operand: Operand | None = None
    where: Condition = ALWAYS
    wanted: Condition | None = None
    base: Literal["all", "known"] | Operand = "all"
    divide_by: MeasurePlan | None = None
    multiplier: float = 1.0
    alias: str = ""
    shown: Facts | None = None
    """Of what the question named, where that stands for another measure (containment)."""

    @property
    def narrows_itself(self) -> bool:
        """Whether what a rate counts is known anyway: a value that is true, or the one asked for."""
        return self.wanted is None or isinstance(self.wanted, Test)

    @property
    def counts(self) -> bool:
        """Whether nothing is 0, and not unknown."""
        return self.agg in ("conversations", "events", "callers", "distinct") and self.divide_by is None


@dataclass(frozen=True)
class GroupPlan:
    name: str
    operand: Operand
    bucket: float | DateBucket | None = None

    @property
    def is_list(self) -> bool:
        return self.operand.facts.type == "list"


@dataclass(frozen=True)
class Plan:
    """``since`` and ``until`` in epoch milliseconds, until exclusive; ``starts``: of each bucket."""

    query: Query
    project_id: int
    zone: zoneinfo.ZoneInfo
    settings: Settings
    since: int
    until: int
    measures: tuple[MeasurePlan, ...]
    by: tuple[GroupPlan, ...] = ()
    where: Condition = ALWAYS
    interval: Interval | None = None
    starts: tuple[int, ...] = ()
    compared: Plan | None = None
    beside: bool = False
    """It is another one's ``compared``: bases and missing values are told of that one only."""
    currency: str = ""
    found_by_words: str = ""
    """See Engine.found_by_words."""
    says_no: tuple[str, ...] = ()
    """Metrics of which an agent's silence says no (silence.py)."""
    gaps: bool = True
    """Whether any conversation may have a metric without a usable value (store/gaps.py)."""

    @property
    def scopes(self) -> set[Scope]:
        """What a key needs beside read, or it could ask out what it may not see."""
        return {operand.facts.scope for operand in self.operands() if operand.facts.scope is not None}

    def operands(self) -> Iterator[Operand]:
        yield from (group.operand for group in self.by)
        yield from _in_condition(self.where)
        for measure in self.measures:
            yield from _in_measure(measure)


def _in_condition(condition: Condition) -> Iterator[Operand]:
    if isinstance(condition, Test):
        yield condition.operand
    elif isinstance(condition, Opposite):
        yield from _in_condition(condition.part)
    else:
        for part in condition.parts:
            yield from _in_condition(part)


def _in_measure(measure: MeasurePlan) -> Iterator[Operand]:
    if measure.operand is not None:
        yield measure.operand
    if isinstance(measure.base, Operand):
        yield measure.base
    yield from _in_condition(measure.where)
    if measure.wanted is not None:
        yield from _in_condition(measure.wanted)
    if measure.divide_by is not None:
        yield from _in_measure(measure.divide_by)
