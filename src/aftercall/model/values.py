"""Values of metrics: their five types, and the only conversions that lose nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeGuard

MetricType = Literal["boolean", "categorical", "number", "integer", "text"]
METRIC_TYPES: tuple[MetricType, ...] = ("boolean", "categorical", "number", "integer", "text")

Value = bool | int | float | str
"""What may stand in a metric column, next to NULL."""

DEFAULT_EMPTY_VALUES: tuple[str, ...] = ("", "no", "none", "n/a", "not mentioned")
"""Texts which, on a free-text metric, say that nothing was found (compared without case)."""

_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0"})
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_INT64 = 2**63
_EXACT_FLOAT = 2**53
"""Above this a float no longer holds every integer, so an integer does not become a number without loss."""


class NotCoercible(ValueError):
    """The value does not fit the metric's type; the message says why, for the person who wrote it."""


def is_value(value: object) -> TypeGuard[Value]:
    """Whether an agent may write it: bool, int, float or str, and no NaN or infinity."""
    return isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value))


def infer_type(value: object) -> MetricType | None:
    """The type an unregistered metric enters the registry with; None when the value tells nothing.

    Never integer or categorical: the next value may be 2.5 or a new word, and a column guessed too
    narrow would mark good values invalid.
    """
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return None


def coerce(value: Any, type_: MetricType, options: Sequence[str] = ()) -> Value:
    """The value as its metric's type, or NotCoercible with the reason."""
    if not is_value(value):
        raise NotCoercible(f"{_kind(value)} is no metric value: write a boolean, a number or a text")
    return _COERCIONS[type_](value, options)


def _boolean(value: Value, _options: Sequence[str]) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    elif value in (0, 1):
        return bool(value)
    raise NotCoercible(f"{_shown(value)} is neither true nor false")


def _number(value: Value, _options: Sequence[str]) -> float:
    if isinstance(value, bool):
        raise NotCoercible(f"{_shown(value)} is not a number")
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value.strip()):
            raise NotCoercible(f"{_shown(value)} is not a number")
        result = float(value)
        if not math.isfinite(result):
            raise NotCoercible(f"{_shown(value)} is too large for a number")
        return result
    if isinstance(value, int) and abs(value) > _EXACT_FLOAT and not _exact(value):
        raise NotCoercible(f"{_shown(value)} is too large to be a number without loss")
    return float(value)


def _exact(value: int) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def _integer(value: Value, _options: Sequence[str]) -> int:
    if isinstance(value, bool):
        raise NotCoercible(f"{_shown(value)} is not a whole number")
    if isinstance(value, str):
        text = value.strip()
        # int() would take "1_000" and Arabic digits too: only what a person would call a plain number
        if re.fullmatch(r"[+-]?[0-9]{1,20}", text):
            number: float = int(text)
        elif _NUMBER.fullmatch(text):
            number = float(text)
        else:
            raise NotCoercible(f"{_shown(value)} is not a whole number")
    else:
        number = value
    if isinstance(number, float) and not number.is_integer():  # infinity is no integer either
        raise NotCoercible(f"{_shown(value)} is not a whole number")
    if not -_INT64 <= number < _INT64:
        raise NotCoercible(f"{_shown(value)} is outside 64 bits")
    return int(number)


def _text(value: Value, _options: Sequence[str]) -> str:
    return value if isinstance(value, str) else plain(value)


def _categorical(value: Value, options: Sequence[str]) -> str:
    word = plain(value).strip()
    if word in options:
        return word
    folded = word.casefold()
    for option in options:
        if option.casefold() == folded:
            return option
    raise NotCoercible(f"{_shown(value)} is none of its options ({', '.join(options[:10])})")


_COERCIONS: dict[MetricType, Callable[[Value, Sequence[str]], Value]] = {
    "boolean": _boolean,
    "number": _number,
    "integer": _integer,
    "text": _text,
    "categorical": _categorical,
}


def plain(value: Value) -> str:
    """As the Conversations API writes it: true/false, numbers in their shortest decimal form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value == math.floor(value) and abs(value) < 1e15:
            return str(int(value))
        return repr(value)
    return str(value)


def _kind(value: object) -> str:
    if isinstance(value, float):
        return "NaN or infinity"
    return {"list": "a list", "dict": "an object", "NoneType": "null"}.get(
        type(value).__name__, type(value).__name__
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
