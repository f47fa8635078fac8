"""A condition, compiled: from a call to the turns it holds in, or None."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import Any, NamedTuple

from msgspec import UNSET

from aftercall.extraction.call import FACTS, Call, Said, straight
from aftercall.extraction.rules.rule import COUNTS, KINDS, Condition
from aftercall.extraction.rules.text import Find, WrongExpression, expression, words

DEEPEST = 8


class Hit(NamedTuple):
    said: Said
    start: int
    end: int


Hits = list[Hit]
Test = Callable[[Call], Hits | None]
"""None: it does not hold. An empty list: it holds, and no words show it."""


class WrongRule(ValueError):
    """The message begins with the place: ``rules[2].any[0]: ...``."""


def compile_condition(condition: Condition, place: str, depth: int = 0) -> Test:
    given = [kind for kind in KINDS if getattr(condition, _attribute(kind)) is not None]
    if len(given) != 1:
        told = "nothing to look for" if not given else f"{' and '.join(given)} at once"
        raise WrongRule(f"{place} has {told}: give one of {', '.join(KINDS)}")
    if depth > DEEPEST:
        raise WrongRule(f"{place} is nested too deep")
    kind = given[0]
    if kind in ("words", "phrase", "regex"):
        return _text(condition, kind, place)
    if kind == "count":
        return _count(condition, place)
    if kind in ("fact", "metric"):
        return _known(condition, kind, place)
    return _combined(condition, kind, place, depth)


def compile_group(
    some: Iterable[Condition] | None, every: Iterable[Condition] | None,
    none: Condition | Iterable[Condition] | None, place: str, depth: int = 0,
) -> Test:  # fmt: skip
    """``any``, ``all`` and ``not`` of one rule: all three must hold."""
    tests: list[Test] = []
    if some is not None:
        tests.append(any_of(_each(some, f"{place}.any", depth)))
    if every is not None:
        tests.append(all_of(_each(every, f"{place}.all", depth)))
    if none is not None:
        listed = [none] if isinstance(none, Condition) else none
        tests.append(none_of(_each(listed, f"{place}.not", depth)))
    return tests[0] if len(tests) == 1 else all_of(tests)


def any_of(tests: list[Test]) -> Test:
    def test(call: Call) -> Hits | None:
        held = [hits for one in tests if (hits := one(call)) is not None]
        return [hit for hits in held for hit in hits] if held else None

    return test


def all_of(tests: list[Test]) -> Test:
    def test(call: Call) -> Hits | None:
        found: Hits = []
        for one in tests:
            hits = one(call)
            if hits is None:
                return None
            found += hits
        return found

    return test


def in_order(tests: list[Test]) -> Test:
    def test(call: Call) -> Hits | None:
        found: Hits = []
        before = (0, 0)
        for one in tests:
            hits = one(call)
            last = max(((hit.said.turn, hit.start) for hit in hits or ()), default=before)
            if hits is None or last <= before:
                return None
            found, before = found + hits, last
        return found

    return test


def none_of(tests: list[Test]) -> Test:
    return lambda call: None if any(one(call) is not None for one in tests) else []


def _each(conditions: Iterable[Condition], place: str, depth: int) -> list[Test]:
    tests = [compile_condition(one, f"{place}[{n}]", depth + 1) for n, one in enumerate(conditions)]
    if not tests:
        raise WrongRule(f"{place} is empty")
    return tests


def _combined(condition: Condition, kind: str, place: str, depth: int) -> Test:
    if condition.then is not None:
        return in_order(_each(condition.then, f"{place}.then", depth))
    return compile_group(condition.any, condition.all, condition.not_, place, depth)


def _text(condition: Condition, kind: str, place: str) -> Test:
    find = _finder(condition, kind, place)

    literal = kind != "regex"  # an expression may be anchored to its turn, so all turns at once tell nothing

    def test(call: Call) -> Hits | None:
        if literal and next(find(call.plain(condition.speaker)), None) is None:
            return None
        hits: Hits = []
        turns = 0
        for said in _window(call, condition):
            places = [Hit(said, start, end) for start, end in find(straight(said.text)) if end > start]
            turns += bool(places)
            hits += places
        return hits if turns >= condition.at_least else None

    return test


def _finder(condition: Condition, kind: str, place: str) -> Find:
    if condition.regex is not None:
        try:
            return expression(condition.regex)
        except WrongExpression as error:
            raise WrongRule(f"{place}.regex: {error}; it is RE2 syntax") from None
    given = condition.words if kind == "words" else condition.phrase
    assert given is not None
    texts = [given] if isinstance(given, str) else given
    if any(not text.strip(" *") for text in texts):
        raise WrongRule(f"{place}.{kind} has an empty text")
    return words(texts)


def _window(call: Call, condition: Condition) -> tuple[Said, ...]:
    turns = call.of_speaker(condition.speaker)
    if condition.first is not None:
        turns = turns[: condition.first]
    return turns if condition.last is None else turns[-condition.last :]


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "eq": operator.eq, "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le,
}  # fmt: skip


def _count(condition: Condition, place: str) -> Test:
    what = condition.count or ""
    if what not in COUNTS:
        raise WrongRule(f"{place}.count is {what!r}: choose from {', '.join(COUNTS)}")
    bounds = [(op, bound) for name, op in _COMPARE.items() if (bound := getattr(condition, name)) is not None]
    if not bounds:
        raise WrongRule(f"{place}.count needs a number: eq, gt, gte, lt or lte")
    names = _names(condition)

    def test(call: Call) -> Hits | None:
        number = counted(call, what, names)
        return [] if number is not None and all(op(number, bound) for op, bound in bounds) else None

    return test


def _names(condition: Condition) -> frozenset[str] | None:
    if condition.name is None:
        return None
    return frozenset([condition.name] if isinstance(condition.name, str) else condition.name)


_HAPPENED = {"function_calls": "function_call", "handoffs": "handoff", "errors": "error", "flows": "flow"}


def counted(call: Call, what: str, names: frozenset[str] | None = None) -> float | None:
    """None: it is not known."""
    if what == "duration":
        told = call.facts.get("duration")
        return None if told is None else float(told)
    if what == "previous_contacts":
        return call.previous_contacts
    if what == "function_errors":
        return sum(one.failed for one in call.happened if _is(one, "function_call", names))
    if what in _HAPPENED:
        return sum(_is(one, _HAPPENED[what], names) for one in call.happened)
    if what == "unanswered":
        return sum(1 for _ in takewhile(lambda said: said.speaker == "user", reversed(call.turns)))
    if what in ("silences", "ood", "interruptions"):
        attribute = {"silences": "is_silence", "ood": "is_ood", "interruptions": "interrupted"}[what]
        return sum(bool(getattr(said, attribute)) for said in call.turns)
    speaker = what.partition("_")[0]
    said = [
        one.text for one in call.of_speaker(speaker if speaker in ("user", "agent") else None) if one.text
    ]
    return sum(len(text.split()) for text in said) if what.endswith("_words") else len(said)


def _is(one: Any, kind: str, names: frozenset[str] | None) -> bool:
    return one.kind == kind and (names is None or one.name in names)


def _known(condition: Condition, kind: str, place: str) -> Test:
    name = condition.fact if kind == "fact" else condition.metric
    assert name is not None
    if kind == "fact" and name not in (*FACTS, "handoff"):
        raise WrongRule(f"{place}.fact is {name!r}: choose from {', '.join((*FACTS, 'handoff'))}")
    wanted = condition.is_

    def test(call: Call) -> Hits | None:
        told = (call.facts if kind == "fact" else call.metrics).get(name)
        holds = told is not None if wanted is UNSET else equals(told, wanted)
        return [] if holds else None

    return test


def equals(told: Any, wanted: Any) -> bool:
    """Texts whatever their case; a list means any of its values; True is not 1."""
    if isinstance(wanted, list):
        return any(equals(told, one) for one in wanted)
    if isinstance(told, str) and isinstance(wanted, str):
        return told.strip().casefold() == wanted.strip().casefold()
    return bool(told == wanted) and isinstance(told, bool) == isinstance(wanted, bool)


def _attribute(kind: str) -> str:
    return "not_" if kind == "not" else kind
