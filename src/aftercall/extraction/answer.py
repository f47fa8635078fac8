"""A model's answer, which is hostile text, read field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from aftercall.extraction.field import Field
from aftercall.extraction.found import Found, Quote
from aftercall.extraction.prompt import INSTRUCTIONS
from aftercall.extraction.schema import LONGEST_REASON, MOST_QUOTES
from aftercall.model.values import NotCoercible

EXTRACTOR = "llm"
LEAK = 60
"""Characters of our instructions in a row that a text may not hold: so much is no accident."""


class Wrong(ValueError):
    """What is wrong with the answer for a field, for the model to mend."""


@dataclass(frozen=True, slots=True)
class Reading:
    found: dict[str, Found]
    problems: dict[str, str]
    """By the names of the fields whose answer is of no use."""


def read(answer: Any, keys: Mapping[str, Field]) -> Reading:
    reading = Reading({}, {})
    told = answer if isinstance(answer, Mapping) else {}
    for key, field in keys.items():
        try:
            reading.found[field.name] = _one(told.get(key), field)
        except Wrong as error:
            reading.problems[field.name] = f"{key}: {error}"
    return reading


def _one(told: Any, field: Field) -> Found:
    if not isinstance(told, Mapping):
        raise Wrong("an object with status, value, reason is missing")
    status = told.get("status")
    reason = _text(told.get("reason"))[:LONGEST_REASON]
    sure = _confidence(told.get("confidence"))
    if leaks(reason):
        raise Wrong("the reason repeats the instructions")
    if status == "unknown" or status == "not_applicable":
        if told.get("value") is not None:
            raise Wrong(f"the status is {status}, so the value must be null")
        return Found(field.name, status, EXTRACTOR, reason=reason, self_reported=sure)
    if status != "ok":
        raise Wrong("the status must be ok, unknown or not_applicable")
    if told.get("value") is None:
        raise Wrong("the status is ok, so the value must not be null")
    return Found(
        field.name, "ok", EXTRACTOR, _value(told["value"], field), reason, _quotes(told, field), sure
    )


def _value(told: Any, field: Field) -> Any:
    try:
        value = field.value(told)
    except NotCoercible as error:
        raise Wrong(f"value: {error}") from None
    if isinstance(value, str) and leaks(value):
        raise Wrong("the value repeats the instructions")
    return value


def _quotes(told: Mapping[str, Any], field: Field) -> tuple[Quote, ...]:
    if field.extraction.grounded == "no":
        return ()
    listed = told.get("evidence")
    if not isinstance(listed, list):
        raise Wrong("evidence must be a list of {turn, quote}")
    quotes = []
    for item in listed[:MOST_QUOTES]:
        turn = item.get("turn") if isinstance(item, Mapping) else None
        if not _is_turn(turn) or not isinstance(item.get("quote"), str):
            raise Wrong("each evidence must have turn, a whole number, and quote, a text")
        quotes.append(Quote(turn, _text(item["quote"])))
    return tuple(quotes)


def _is_turn(told: Any) -> TypeGuard[int]:
    """Of a number beyond all calls not even the digits are to be told."""
    return isinstance(told, int) and not isinstance(told, bool) and abs(told) < 2**31


def _confidence(told: Any) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float) or told != told:
        return None
    return float(min(max(told, 0), 1))  # bounded first: a model may write an integer that no float can hold


def _text(told: Any) -> str:
    return told.encode("utf-8", "replace").decode() if isinstance(told, str) else ""


def leaks(text: str) -> bool:
    """Whether a text holds a piece of our instructions, word for word."""
    flat = " ".join(text.split())
    return any(flat[start : start + LEAK] in _FLAT for start in range(0, len(flat) - LEAK + 1))


_FLAT = " ".join(INSTRUCTIONS.split())
