"""The JSON object in a model's text: bare, inside a fence, or surrounded by prose."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MAX_STARTS = 500
"""Places a value is looked for. Text that opens more brackets than this without closing them is not an
answer, and each place can cost a scan to the end."""

_FENCE = re.compile(r"```[\w-]*[ \t]*\r?\n(.*?)```", re.DOTALL)
_OPENING = re.compile(r"[\[{]")


def find_object(text: str) -> dict[str, Any] | None:
    """The whole text; else the last fence that holds an object; else the longest object in the prose.

    None when there is none: also where the text is a list, even one of objects. NaN, infinities and numbers
    too large for a float are not JSON. Strings that are no text (lone surrogates) get question marks.
    """
    whole = _load(text)
    if whole is not _NOTHING:
        return whole if isinstance(whole, dict) else None
    for fenced in reversed(_FENCE.findall(text)):
        value = _load(fenced)
        if isinstance(value, dict):
            return value
    return _longest(text)


def _longest(text: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = None
    length = position = 0
    for _ in range(MAX_STARTS):
        opening = _OPENING.search(text, position)
        if opening is None:
            break
        position = opening.start() + 1
        try:
            value, end = _decoder.raw_decode(text, opening.start())
            value = _clean(value)
        except (ValueError, RecursionError):
            continue
        position = end  # what is inside a list or an object is a part, not the answer
        if isinstance(value, dict) and end - opening.start() > length:
            found, length = value, end - opening.start()
    return found


_NOTHING = object()


def _load(text: str) -> Any:
    try:
        return _clean(_decoder.decode(text.strip()))
    except (ValueError, RecursionError):
        return _NOTHING


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large")
    return number


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)
