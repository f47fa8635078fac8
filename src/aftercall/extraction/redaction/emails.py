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
    """From each @ outwards, a blank or two on either side let be: an expression for addresses takes quadratic
    time on a text made for it."""
    at = text.find("@")
    while at >= 0:
        start, end = at - _blanks(text[max(at - 3, 0) : at][::-1]), at + 1 + _blanks(text[at + 1 : at + 4])
        apart = (start, end) != (at, at + 1)
        left, right = start, end
        while start and (text[start - 1].isalnum() or text[start - 1] in _LOCAL):
            start -= 1
        while end < len(text) and (text[end].isalnum() or text[end] in ".-"):
            end += 1
        while end > right and text[end - 1] in ".-":
            end -= 1
        if start < left and end > right and (not apart or "." in text[right:end]):
            yield Span(start, end, "EMAIL")
        at = text.find("@", max(end, at + 1))
    for found in _SPOKEN.finditer(text):
        yield Span(*found.span(), "EMAIL")


def _blanks(text: str) -> int:
    """How many it begins with; 0 for three and more."""
    number = len(text) - len(text.lstrip())
    return number if number < 3 else 0
