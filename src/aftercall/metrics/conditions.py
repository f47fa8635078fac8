"""Conditions of a question, checked: the field is there, the operator fits it, the value is of its type."""

from __future__ import annotations

import math
import re
import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aftercall.metrics.facts import Facts
from aftercall.metrics.names import Names
from aftercall.metrics.operands import Operand
from aftercall.metrics.plan import ALWAYS, Every, Opposite, Some, Test
from aftercall.metrics.plan import Condition as Checked
from aftercall.metrics.query import DEEPEST, MOST_CONDITIONS, AllOf, AnyOf, Condition, Op, Where
from aftercall.metrics.ranges import moment
from aftercall.metrics.strict import near, refusal, shown

MOST_VALUES = 1_000
LONGEST_TEXT = 10_000
_WORD = re.compile(r"[^\W_]")

_NOTHING: tuple[Op, ...] = ("exists", "not_exists")
_ORDER: tuple[Op, ...] = ("gt", "gte", "lt", "lte", "between")
_EQUAL: tuple[Op, ...] = ("eq", "ne", "in", "not_in")
_FLAG: tuple[Op, ...] = ("flagged", "not_flagged")
_TEXT: tuple[Op, ...] = ("contains", "not_contains")
_WRITES: tuple[Op, ...] = ("written", "not_written", "is_invalid")
OPS: dict[str, tuple[Op, ...]] = {
    "boolean": (*_EQUAL, *_FLAG, *_NOTHING),
    "number": (*_EQUAL, *_ORDER, *_FLAG, *_NOTHING),
    "integer": (*_EQUAL, *_ORDER, *_FLAG, *_NOTHING),
    "text": (*_EQUAL, *_TEXT, *_FLAG, *_NOTHING),
    "categorical": (*_EQUAL, *_TEXT, *_FLAG, *_NOTHING),
    "time": (*_EQUAL, *_ORDER, *_NOTHING),
    "list": (*_TEXT, "in", "not_in", *_NOTHING),
    "natural": (*_EQUAL, *_ORDER, *_TEXT, *_FLAG, *_NOTHING),
    "transcript": _TEXT,
}
"""By the kind of a field; metrics have written, not_written and is_invalid beside."""
_WITHOUT_VALUE = frozenset((*_NOTHING, *_FLAG, *_WRITES))


@dataclass
class Conditions:
    """Checks conditions one after another, and counts them."""

    names: Names
    zone: zoneinfo.ZoneInfo
    count: int = 0

    def all_of(self, where: Sequence[Where], place: str) -> Checked:
        parts = tuple(self._checked(one, f"{place}[{i}]", 1) for i, one in enumerate(where))
        return Every(parts) if parts else ALWAYS

    def _checked(self, where: Where, place: str, depth: int) -> Checked:
        if depth > DEEPEST:
            raise refusal(place, f"lies deeper than {DEEPEST} levels of any, all and not")
        if isinstance(where, Condition):
            return self._test(where, place)
        if isinstance(where, AnyOf):
            return Some(self._parts(where.any, f"{place}.any", depth))
        if isinstance(where, AllOf):
            return Every(self._parts(where.all, f"{place}.all", depth))
        return Opposite(self._checked(where.negated, f"{place}.not", depth + 1))

    def _parts(self, parts: Sequence[Where], place: str, depth: int) -> tuple[Checked, ...]:
        return tuple(self._checked(one, f"{place}[{i}]", depth + 1) for i, one in enumerate(parts))

    def _test(self, one: Condition, place: str) -> Test:
        self.count += 1
        if self.count > MOST_CONDITIONS:
            raise refusal(place, f"is one condition too many: a query has at most {MOST_CONDITIONS}")
        operand = self.names.find(one.field, f"{place}.field")
        self.check_op(operand, one.op, place)
        if one.speaker is not None and operand.facts.type != "transcript":
            raise refusal(f"{place}.speaker", "belongs to the field transcript only: leave it out")
        return Test(operand, one.op, self.value(operand, one.op, one.value, f"{place}.value"), one.speaker)

    def check_op(self, operand: Operand, op: Op, place: str) -> None:
        facts = operand.facts
        if facts.type in ("ratio", "count"):
            raise refusal(
                f"{place}.field",
                f"is {shown(facts.name)}, a number of many conversations: no condition on one",
            )
        allowed = OPS[facts.type]
        if operand.writable:
            allowed = (*allowed, *_WRITES)
        if op not in allowed:
            text = (
                f"is {op}, which {shown(facts.name)} ({facts.type}) does not have: use {', '.join(allowed)}"
            )
            raise refusal(f"{place}.op", text)

    def value(self, operand: Operand, op: Op, value: Any, place: str) -> Any:
        """As a Test has it. Raises QueryInvalid at ``place``."""
        if op in _WITHOUT_VALUE:
            if value is not None:
                raise refusal(place, f"is given, but {op} takes none: leave it out")
            return None
        if value is None:
            raise refusal(place, "is missing: to ask for what is unknown use not_exists")
        if op in ("in", "not_in"):
            return self._several(operand.facts, value, place)
        if op == "between":
            return self._pair(operand.facts, value, place)
        if op in _TEXT or operand.facts.type == "transcript":
            return _searched(operand.facts, value, place)
        return self._one(operand.facts, value, place)

    def _several(self, facts: Facts, value: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list) or not value:
            raise refusal(place, "must be a list of values, and not empty")
        if len(value) > MOST_VALUES:
            raise refusal(place, f"has {len(value):,} values: at most {MOST_VALUES:,}")
        return tuple(self._one(facts, one, f"{place}[{i}]") for i, one in enumerate(value))

    def _pair(self, facts: Facts, value: Any, place: str) -> tuple[Any, Any]:
        if not isinstance(value, list) or len(value) != 2:
            raise refusal(place, "must be a list of two values: the lowest and the highest, both included")
        low, high = (self._ordered(facts, one, f"{place}[{i}]") for i, one in enumerate(value))
        return low, high

    def _ordered(self, facts: Facts, value: Any, place: str) -> Any:
        return _number(facts, value, place) if facts.type == "natural" else self._one(facts, value, place)

    def _one(self, facts: Facts, value: Any, place: str) -> Any:
        if facts.type == "time":
            return moment(_text(facts, value, place), self.zone, place)
        return _READERS[facts.type](facts, value, place)


def _boolean(facts: Facts, value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise refusal(place, f"is {shown(value)}, but {shown(facts.name)} is boolean: use true or false")
    return value


def _number(facts: Facts, value: Any, place: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise refusal(place, f"is {shown(value)}, but {shown(facts.name)} is compared with a number")
    return value


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer with hundreds of digits
        return False


def _text(facts: Facts, value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise refusal(place, f"is {shown(value)}, but {shown(facts.name)} is compared with a text")
    if len(value) > LONGEST_TEXT:
        raise refusal(place, f"has {len(value):,} characters: at most {LONGEST_TEXT:,}")
    return value


def _option(facts: Facts, value: Any, place: str) -> str:
    """In the registry's own spelling."""
    word = _text(facts, value, place).strip()
    folded = {option.casefold(): option for option in facts.options}
    found = word if word in facts.options else folded.get(word.casefold())
    if found is None:
        nearest = near(word, facts.options)
        reason = f"is {shown(value)}, which is no option of {shown(facts.name)}"
        raise refusal(place, reason if nearest else f"{reason} ({_listed(facts.options)})", nearest=nearest)
    return found


def _listed(options: tuple[str, ...]) -> str:
    return ", ".join(shown(option) for option in options[:10]) + (", ..." if len(options) > 10 else "")


def _any(facts: Facts, value: Any, place: str) -> Any:
    if isinstance(value, bool):
        return value
    return _text(facts, value, place) if isinstance(value, str) else _number(facts, value, place)


def _searched(facts: Facts, value: Any, place: str) -> str:
    text = _text(facts, value, place)
    if facts.type == "transcript" and not _WORD.search(text):
        raise refusal(place, "has no letter or digit in it to search for")
    if not text:
        raise refusal(place, "is empty: name a text to search for")
    return text


_READERS: dict[str, Callable[[Facts, Any, str], Any]] = {
    "boolean": _boolean,
    "number": _number,
    "integer": _number,
    "text": _text,
    "categorical": _option,
    "list": _text,
    "natural": _any,
}
