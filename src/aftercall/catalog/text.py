"""Text and JSON as a database can keep them.

PostgreSQL refuses NUL, and neither driver can encode a lone surrogate; both would surface as a database
error far from its cause. So everything that came from outside passes through here first.
"""

from __future__ import annotations

import json
import re
from typing import Any

from aftercall.errors import InvalidInput

DEEPEST_JSON = 64
"""Levels of nesting. Python's own reader gives up somewhere below a thousand, depending on its caller."""

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def clean_text(value: object, what: str, *, shortest: int = 0, longest: int, lines: bool = False) -> str:
    """The value itself when it is storable text of the right length; else InvalidInput (INVALID_TEXT).

    ``what`` names it in the message ("the name of a metric"); ``lines`` allows tab and line breaks.
    """
    reason = text_fault(value, shortest=shortest, longest=longest, lines=lines)
    if reason is not None:
        raise InvalidInput(f"{what} {reason}", code="INVALID_TEXT")
    assert isinstance(value, str)
    return value


def text_fault(value: object, *, shortest: int = 0, longest: int, lines: bool = False) -> str | None:
    """What is wrong with it, as the end of a sentence, or None."""
    if not isinstance(value, str):
        return f"must be text, not {type(value).__name__}"
    if not shortest <= len(value) <= longest:
        return f"must have {shortest} to {longest} characters, not {len(value)}"
    if _SURROGATE.search(value):
        return "contains half of a surrogate pair, which is not valid Unicode: send it as UTF-8"
    if found := (_CONTROL_BUT_LINES if lines else _CONTROL).search(value):
        return f"contains the control character U+{ord(found.group()):04X}: remove it"
    return None


def encode_json(value: Any, what: str) -> str:
    """Compact JSON text of a plain value; else InvalidInput (INVALID_JSON).

    Kept in text columns on both databases: SQLite gives a column declared JSON numeric affinity, which
    would round an integer beyond 64 bits without a word.
    """
    _check_json(value, what, DEEPEST_JSON)
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{what} cannot be written as JSON: {error}", code="INVALID_JSON") from error


def _check_json(value: Any, what: str, depth: int) -> None:
    if depth == 0:
        raise InvalidInput(f"{what} is nested deeper than {DEEPEST_JSON} levels", code="INVALID_JSON")
    if isinstance(value, str):
        if "\0" in value or _SURROGATE.search(value):
            raise InvalidInput(f"{what} contains NUL or half of a surrogate pair", code="INVALID_TEXT")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):  # json.dumps would turn 1 and None into "1" and "null"
                raise InvalidInput(f"{what} has a key that is not text: {key!r:.60}", code="INVALID_JSON")
            _check_json(key, what, depth - 1)
            _check_json(item, what, depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_json(item, what, depth - 1)
