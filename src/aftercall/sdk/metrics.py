"""One write of a metric, and what may be written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, final

from aftercall.sdk.bounds import TEXT_CHARACTERS
from aftercall.sdk.plain import MAX_NAME, basic, clean, is_a, is_clean, mend_name, text_of, type_name

_INT64 = 2**63
ALLOWED = "no value, None, True or False, a finite number of at most 64 bits, or a text"


@final
class NoValue:
    """The type of NO_VALUE: the metric happened, and there is nothing more to say."""

    def __repr__(self) -> str:
        return "<no value>"


NO_VALUE: Final = NoValue()

_SILENT = frozenset({NoValue, type(None), bool})
_SHORT = 2_000


@dataclass(frozen=True, slots=True)
class MetricEvent:
    """A metric as it was written. ``value`` is None both for no value and for an explicit None;
    ``has_value`` tells them apart."""

    name: str
    value: Any = None
    has_value: bool = True
    write_once: bool = False
    event_id: str = ""
    at: int = 0
    """Epoch milliseconds."""


def is_ordinary(name: object, value: object, write_once: object) -> bool:
    """Whether the write needs no closer look. Runs on every write_metric: comparisons only."""
    if type(name) is not str or not (0 < len(name) <= MAX_NAME and name.isascii() and name.isprintable()):
        return False
    if name[0] == " ":
        return False  # perhaps nothing but spaces
    if write_once is not False and write_once is not True:
        return False
    kind = type(value)
    if kind in _SILENT:
        return True
    if kind is str:
        return value.isascii() and len(value) <= _SHORT  # type: ignore[attr-defined,arg-type]
    if kind is int:
        return -_INT64 <= value < _INT64  # type: ignore[operator]
    # NaN - NaN and inf - inf are NaN, which equals nothing
    return kind is float and value - value == 0.0  # type: ignore[operator]


def judge(name: object, value: object) -> tuple[str, Any, str | None]:
    """``(name, value, why it is invalid or None)`` as it goes on the wire; an invalid value as its text."""
    told_name, name_fault = _judge_name(name)
    told_value, value_fault = _judge_value(value)
    faults = [fault for fault in (name_fault, value_fault) if fault]
    return told_name, told_value, "; ".join(faults) or None


def _judge_name(name: object) -> tuple[str, str | None]:
    if not is_a(name, str):
        return mend_name(text_of(name))[0], f"the name is {kind_of(name)}, not a text"
    return mend_name(str.__str__(name))


def _judge_value(value: object) -> tuple[Any, str | None]:
    if type(value) in _SILENT:
        return value, None
    told = basic(value)
    if type(told) is str:
        return _judge_text(told)
    if type(told) is int:
        fits = -_INT64 <= told < _INT64
        return (told, None) if fits else (text_of(told), "the number does not fit in 64 bits")
    if type(told) is float:
        return (told, None) if math.isfinite(told) else (repr(told), f"{told!r} is no number")
    return text_of(told), f"{kind_of(value)} is no metric value"


def _judge_text(text: str) -> tuple[str, str | None]:
    if len(text) > TEXT_CHARACTERS:
        return clean(
            text[:TEXT_CHARACTERS]
        ), f"the text has {len(text)} characters, more than {TEXT_CHARACTERS}"
    return clean(text), None if is_clean(text) else "the text has lone surrogates; they are replaced by ?"


def kind_of(value: object) -> str:
    """``a list``, ``an object``...: how an error message names what was passed."""
    name = type_name(value)
    known = {"NoneType": "None", "dict": "a dict", "int": "an int", "str": "a text", "object": "an object"}
    return known.get(name, f"a {name}")
