"""Words, phrases and expressions as finders of places in a text. No text can make them slow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import re2

from aftercall.extraction.call import straight

Place = tuple[int, int]
"""Start and end in the text."""
Find = Callable[[str], Iterator[Place]]

_MEMORY = 8 << 20


class WrongExpression(ValueError):
    """The message says what RE2 does not take."""


def words(given: str | Iterable[str]) -> Find:
    """Whole words or rows of words. Literals only: the standard library finds these in linear time, and
    unlike RE2 knows the letters of every script."""
    alternatives = sorted(([given] if isinstance(given, str) else given), key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(_literal, alternatives))})(?!\w)", re.IGNORECASE)
    return lambda text: (found.span() for found in pattern.finditer(text))


def expression(given: str) -> Find:
    """Raises WrongExpression."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.max_mem = _MEMORY
    try:
        pattern: Any = re2.compile(given, options)
    except re2.error as error:
        told = error.args[0] if error.args else error
        raise WrongExpression(
            told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        ) from None
    return lambda text: (found.span() for found in pattern.finditer(text))


def _literal(given: str) -> str:
    return r"\s+".join(map(_word, straight(given).split()))


def _word(given: str) -> str:
    return re.escape(given[:-1]) + r"\w*" if given.endswith("*") else re.escape(given)
