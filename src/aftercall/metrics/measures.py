"""Measures of a question, checked: the metric is there, the aggregation fits it, a rate has its base."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from aftercall.metrics.builtin.counts import CONVERSATIONS
from aftercall.metrics.conditions import Conditions
from aftercall.metrics.facts import Facts
from aftercall.metrics.operands import Operand, Registered, Written
from aftercall.metrics.plan import ALWAYS, Condition, Every, MeasurePlan, Test
from aftercall.metrics.query import DEEPEST, Agg, Measure, OtherMetric
from aftercall.metrics.strict import refusal, shown

_COUNTS: tuple[Agg, ...] = ("conversations", "callers", "distinct")
_NUMBERS: tuple[Agg, ...] = ("sum", "avg", "min", "max", "p50", "p95", "p99")
AGGS: dict[str, tuple[Agg, ...]] = {
    "boolean": (*_COUNTS, "rate", "sum", "avg"),
    "number": (*_COUNTS, *_NUMBERS, "rate"),
    "integer": (*_COUNTS, *_NUMBERS, "rate"),
    "text": (*_COUNTS, "rate"),
    "categorical": (*_COUNTS, "rate"),
    "time": (*_COUNTS, "min", "max"),
    "list": ("conversations", "callers"),
    "natural": (*_COUNTS, *_NUMBERS, "rate"),
    "count": ("conversations", "callers", "rate", "value"),
    "ratio": ("value", "rate"),
}


@dataclass
class Measures:
    """Checks measures one after another."""

    conditions: Conditions

    def read(self, measure: Measure, place: str) -> MeasurePlan:
        """``alias`` is the one asked for, else the default: the metric and its aggregation."""
        plan = self._read(measure, place, 1)
        return replace(plan, alias=measure.alias or default_alias(measure, plan))

    def _read(self, measure: Measure, place: str, depth: int) -> MeasurePlan:
        if depth > DEEPEST:
            raise refusal(place, f"lies deeper than {DEEPEST} levels of divide_by and ratios")
        operand = self.conditions.names.find(measure.metric, f"{place}.metric", measure.source)
        where = self.conditions.all_of(measure.where, f"{place}.where")
        means = operand.facts.means
        if means is not None and (operand.facts.type == "ratio" or measure.agg in (None, "value")):
            plan = self._meant(means, measure, operand.facts, where, place, depth)
        else:
            plan = self._own(measure, operand, where, place)
        return self._divided(plan, measure, place, depth)

    def _meant(
        self, means: Measure, measure: Measure, facts: Facts, where: Condition, place: str, depth: int
    ) -> MeasurePlan:
        """What a count or a ratio stands for, with the question's own conditions on each part of it."""
        self._check_agg(facts, measure.agg or facts.agg, place)
        if measure.value is not None or measure.base is not None:
            raise refusal(place, f"cannot change what {shown(facts.name)} is: leave value and base out")
        plan = self._read(means, place, depth + 1)
        return replace(narrowed(plan, where), shown=facts)

    def _own(self, measure: Measure, operand: Operand, where: Condition, place: str) -> MeasurePlan:
        facts = operand.facts
        agg = measure.agg or facts.agg
        self._check_agg(facts, agg, place, writes=isinstance(operand, Registered | Written))
        plan = MeasurePlan(agg, facts, None if facts.type == "count" else operand, where)
        if agg == "rate":
            return self._rate(plan, measure, place)
        for name in ("value", "base"):
            if getattr(measure, name) is not None:
                raise refusal(
                    f"{place}.{name}", f"belongs to the aggregation rate, not to {agg}: leave it out"
                )
        if facts.type == "count":
            agg = "conversations" if agg == "value" else agg
        return replace(plan, agg=agg)

    def _check_agg(self, facts: Facts, agg: Agg, place: str, *, writes: bool = False) -> None:
        allowed = AGGS.get(facts.type, ())
        if writes:
            allowed = ("events", *allowed)
        if not allowed:
            raise refusal(f"{place}.metric", f"is {shown(facts.name)}, which is no metric: use it in where")
        if agg not in allowed:
            kind = f"{shown(facts.name)} ({facts.type})"
            raise refusal(f"{place}.agg", f"is {agg}, which {kind} does not have: use {', '.join(allowed)}")

    def _rate(self, plan: MeasurePlan, measure: Measure, place: str) -> MeasurePlan:
        facts, operand = plan.facts, plan.operand
        base = self._base(measure, facts, place)
        wanted: Condition | None = None
        if measure.value is not None:
            if operand is None:
                raise refusal(f"{place}.value", f"belongs to a metric with values: {facts.name} has none")
            value = self.conditions.value(operand, "eq", measure.value, f"{place}.value")
            wanted = Test(operand, "eq", value)
        elif facts.type != "boolean" and facts.type != "natural":
            if not measure.where:
                raise refusal(place, f"is a rate of {shown(facts.name)} ({facts.type}): say of which value")
            # What is counted is told by where, so it cannot narrow what it is a share of.
            wanted = plan.where if operand is None else both(plan.where, Test(operand, "exists"))
            return replace(plan, wanted=wanted, base=base, where=ALWAYS)
        return replace(plan, wanted=wanted, base=base)

    def _base(self, measure: Measure, facts: Facts, place: str) -> Literal["all", "known"] | Operand:
        base = measure.base or facts.base
        if isinstance(base, OtherMetric | dict):
            name = base.metric if isinstance(base, OtherMetric) else str(base.get("metric", ""))
            operand = self.conditions.names.find(name, f"{place}.base.metric")
            self.conditions.check_op(operand, "flagged", f"{place}.base")
            return operand
        if base == "known" and facts.type == "count":
            raise refusal(f"{place}.base", "is known, but every conversation is known: use all")
        return base

    def _divided(self, plan: MeasurePlan, measure: Measure, place: str, depth: int) -> MeasurePlan:
        if measure.multiplier is not None:
            plan = replace(plan, multiplier=plan.multiplier * measure.multiplier)
        if measure.divide_by is None:
            return plan
        divisor = self._read(measure.divide_by, f"{place}.divide_by", depth + 1)
        return divided(plan, divisor, f"{place}.divide_by")


def divided(plan: MeasurePlan, divisor: MeasurePlan, place: str) -> MeasurePlan:
    if plan.divide_by is not None:
        raise refusal(place, f"divides {shown((plan.shown or plan.facts).name)}, which is divided already")
    if is_time(plan) or is_time(divisor):
        raise refusal(place, "divides with a time: only numbers can be divided")
    return replace(plan, divide_by=divisor)


def is_time(plan: MeasurePlan) -> bool:
    return plan.facts.type == "time" and plan.agg in ("min", "max")


def narrowed(plan: MeasurePlan, where: Condition) -> MeasurePlan:
    """The measure of only those conversations, numerator and divisor alike."""
    if where is ALWAYS:
        return plan
    divisor = None if plan.divide_by is None else narrowed(plan.divide_by, where)
    return replace(plan, where=both(plan.where, where), divide_by=divisor)


def both(first: Condition, second: Condition) -> Condition:
    return second if first is ALWAYS else first if second is ALWAYS else Every((first, second))


def default_alias(measure: Measure, plan: MeasurePlan) -> str:
    """``duration.p95``; of what has but one meaning its name: ``conversations``, ``containment``."""
    name = measure.metric if measure.source is None else f"{measure.metric}@{measure.source}"
    if plan.shown is not None or (plan.facts is CONVERSATIONS and plan.agg == "conversations"):
        return name
    return f"{name}.{plan.agg}"
