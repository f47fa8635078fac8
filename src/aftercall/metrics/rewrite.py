"""The second step: small pure changes of a plan, one after another, none of which changes an answer. Each
makes the statement shorter or cheaper, or leaves fewer forms for the renderer to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aftercall.metrics.plan import ALWAYS, Condition, Every, MeasurePlan, Opposite, Plan, Some, Test

Rewrite = Callable[[Plan], Plan]


def rewrite(plan: Plan) -> Plan:
    for step in STEPS:
        plan = step(plan)
    if plan.compared is not None:
        plan = replace(plan, compared=rewrite(plan.compared))
    return plan


def flat_conditions(plan: Plan) -> Plan:
    """``all`` in ``all`` is one, and ``any`` in ``any``; a group of one is its part; no part stands twice."""
    return _each_condition(plan, _flat)


def single_values(plan: Plan) -> Plan:
    """``in`` a list of one is ``eq``, which the engine can look up."""
    return _each_condition(plan, _single)


def positive_conditions(plan: Plan) -> Plan:
    """``not`` of ``not`` is the condition itself; ``not exists`` is ``not_exists``, and so on."""
    return _each_condition(plan, _positive)


def shared_conditions(plan: Plan) -> Plan:
    """A measure's condition that the query has as well says nothing new."""
    shared = {repr(part) for part in _parts(plan.where)}
    if not shared:
        return plan
    return replace(plan, measures=tuple(_without(measure, shared) for measure in plan.measures))


STEPS: tuple[Rewrite, ...] = (positive_conditions, flat_conditions, single_values, shared_conditions)

_OPPOSITES = {
    "exists": "not_exists",
    "not_exists": "exists",
    "flagged": "not_flagged",
    "not_flagged": "flagged",
    "written": "not_written",
    "not_written": "written",
}
"""Only of operators that are true or false of every conversation: ``ne`` is not the opposite of ``eq``."""


def _each_condition(plan: Plan, change: Callable[[Condition], Condition]) -> Plan:
    measures = tuple(_in_measure(measure, change) for measure in plan.measures)
    return replace(plan, where=change(plan.where), measures=measures)


def _in_measure(measure: MeasurePlan, change: Callable[[Condition], Condition]) -> MeasurePlan:
    return replace(
        measure,
        where=change(measure.where),
        wanted=None if measure.wanted is None else change(measure.wanted),
        divide_by=None if measure.divide_by is None else _in_measure(measure.divide_by, change),
    )


def _flat(condition: Condition) -> Condition:
    if isinstance(condition, Test):
        return condition
    if isinstance(condition, Opposite):
        return Opposite(_flat(condition.part))
    kind = type(condition)
    parts: list[Condition] = []
    for part in map(_flat, condition.parts):
        parts += part.parts if isinstance(part, Every | Some) and type(part) is kind else (part,)
    # By how they show: to Python 1, 1.0 and True are equal, to a field of JSON they are not.
    unique = tuple({repr(part): part for part in parts}.values())
    if len(unique) == 1:
        return unique[0]
    return kind(unique) if unique else ALWAYS


def _single(condition: Condition) -> Condition:
    if isinstance(condition, Opposite):
        return Opposite(_single(condition.part))
    if isinstance(condition, Every | Some):
        return type(condition)(tuple(map(_single, condition.parts))) if condition.parts else ALWAYS
    if (
        condition.op in ("in", "not_in")
        and len(condition.value) == 1
        and condition.operand.facts.type != "list"
    ):
        return replace(condition, op="eq" if condition.op == "in" else "ne", value=condition.value[0])
    return condition


def _positive(condition: Condition) -> Condition:
    if isinstance(condition, Every | Some):
        return type(condition)(tuple(map(_positive, condition.parts))) if condition.parts else ALWAYS
    if isinstance(condition, Test):
        return condition
    part = _positive(condition.part)
    if isinstance(part, Opposite):
        return part.part
    if isinstance(part, Test) and part.op in _OPPOSITES:
        return replace(part, op=_OPPOSITES[part.op])  # type: ignore[arg-type]
    return Opposite(part)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, Every) else (condition,)


def _without(measure: MeasurePlan, shared: set[str]) -> MeasurePlan:
    rest = tuple(part for part in _parts(measure.where) if repr(part) not in shared)
    divisor = None if measure.divide_by is None else _without(measure.divide_by, shared)
    return replace(measure, where=_flat(Every(rest)), divide_by=divisor)
