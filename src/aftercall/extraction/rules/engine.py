"""Rules, compiled: from a call to a decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import UNSET

from aftercall.extraction.call import Call
from aftercall.extraction.rules.computed import COMPUTED
from aftercall.extraction.rules.condition import (
    Hits,
    Test,
    WrongRule,
    all_of,
    compile_condition,
    compile_group,
)
from aftercall.extraction.rules.decision import Decision
from aftercall.extraction.rules.rule import OUTCOMES, Choose, Rubric, Rule

Decide = Callable[[Call], Decision]
_Outcome = Callable[[Call, Hits], Decision]


@dataclass(frozen=True)
class _Compiled:
    test: Callable[[Call], tuple[float, Hits] | None]
    """Score and hits; None: it does not hold."""
    outcome: _Outcome


def compile_rules(rules: Sequence[Rule], choose: Choose, otherwise: Any, place: str) -> Decide:
    """Raises WrongRule, naming the place."""
    compiled = [_compile(rule, f"{place}[{number}]") for number, rule in enumerate(rules)]

    def decide(call: Call) -> Decision:
        best: tuple[float, _Compiled, Hits] | None = None
        for rule in compiled:
            held = rule.test(call)
            if held is None or (best is not None and held[0] <= best[0]):
                continue
            if choose == "first":
                return rule.outcome(call, held[1])
            best = (held[0], rule, held[1])
        if best is not None:
            return best[1].outcome(call, best[2])
        if otherwise is not UNSET:
            return Decision("ok", otherwise, "no rule holds")
        return Decision("unknown", reason="no rule holds")

    return decide


def _compile(rule: Rule, place: str) -> _Compiled:
    given = [name for name in OUTCOMES if getattr(rule, name) not in (None, UNSET)]
    if len(given) != 1:
        raise WrongRule(f"{place} must say one of {', '.join(OUTCOMES)}, not {' and '.join(given) or 'none'}")
    test = _test(rule, place)
    return _Compiled(test, _outcome(rule, given[0], place))


def _test(rule: Rule, place: str) -> Callable[[Call], tuple[float, Hits] | None]:
    tests: list[Test] = []
    if rule.if_ is not None:
        tests.append(compile_condition(rule.if_, f"{place}.if"))
    if rule.any is not None or rule.all is not None or rule.not_ is not None:
        tests.append(compile_group(rule.any, rule.all, rule.not_, place))
    plain = all_of(tests)
    if rule.score is None:
        if not tests and rule.value is not UNSET:
            raise WrongRule(f"{place} has no condition: use otherwise for a value that always holds")
        return lambda call: None if (hits := plain(call)) is None else (1.0, hits)
    if not rule.score:
        raise WrongRule(f"{place}.score is empty")
    parts = [(one.weight, compile_condition(one, f"{place}.score[{n}]")) for n, one in enumerate(rule.score)]

    def scored(call: Call) -> tuple[float, Hits] | None:
        hits = plain(call)
        if hits is None:
            return None
        held = [(weight, found) for weight, test in parts if (found := test(call)) is not None]
        total = sum(weight for weight, _ in held)
        strongest = [hit for _, found in sorted(held, key=lambda one: -one[0]) for hit in found]
        return (total, hits + strongest) if total >= rule.at_least else None

    return scored


def _outcome(rule: Rule, kind: str, place: str) -> _Outcome:
    because = rule.because or ""
    if rule.count_turns is not None:
        counting = compile_condition(rule.count_turns, f"{place}.count_turns")

        def count(call: Call, _: Hits) -> Decision:
            hits = counting(call) or []
            return Decision("ok", len({hit.said.turn for hit in hits}), because, tuple(hits))

        return count
    if rule.rubric is not None:
        return _rubric(rule.rubric, place)
    if rule.compute is not None:
        if rule.compute not in COMPUTED:
            raise WrongRule(f"{place}.compute is {rule.compute!r}: choose from {', '.join(COMPUTED)}")
        compute = COMPUTED[rule.compute]
        return lambda call, _: compute(call)
    status: Literal["ok", "unknown", "not_applicable"] = "ok"
    if rule.value is UNSET:
        status = "unknown" if kind == "unknown" else "not_applicable"
        because = rule.unknown or rule.not_applicable or ""
    value = rule.value if status == "ok" else None
    return lambda _, hits: Decision(status, value, because, tuple(hits))


def _rubric(rubric: Rubric, place: str) -> _Outcome:
    lines = [
        (line.points, compile_condition(line.if_, f"{place}.rubric.add[{n}].if"), line.because)
        for n, line in enumerate(rubric.add)
    ]

    def score(call: Call, _: Hits) -> Decision:
        held = [(points, hits, why) for points, test, why in lines if (hits := test(call)) is not None]
        total = rubric.start + sum(points for points, _, _ in held)
        reasons = (
            "; ".join(f"{why} ({points:+g})" for points, _, why in held) or "nothing out of the ordinary"
        )
        shown = tuple(found[0] for _, found, _ in held if found)
        return Decision("ok", min(max(total, rubric.minimum), rubric.maximum), reasons, shown)

    return score
