"""E-mail addresses, written or spelt out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aftercall.extraction.redaction.shown import Span

_LOCAL = frozenset("!#$%&'*+-/=?^_`{|}~.")
_SPOKEN = re.compile(
    r"(?<!\w)\w+(?:\s+(?:dot|underscore|dash|hyphen)\s+\w+){0,5}\s+at\s+\w+(?:\s+dot\s+\w+){1,4}(?!\w)",
    re.IGNORECASE,
)


def emails(text: str) -> Iterator[Span]:
    """From each @ outwards: an expression for addresses takes quadratic time on a text made for it."""
    at = text.find("@")
    while at >= 0:
        start, end = at, at + 1
        while start and (text[start - 1].isalnum() or text[start - 1] in _LOCAL):
            start -= 1
        while end < len(text) and (text[end].isalnum() or text[end] in ".-"):
            end += 1
        while end > at + 1 and text[end - 1] in ".-":
            end -= 1
        if start < at and end > at + 1:
            yield Span(start, end, "EMAIL")
        at = text.find("@", max(end, at + 1))
    for found in _SPOKEN.finditer(text):
        yield Span(*found.span(), "EMAIL")
