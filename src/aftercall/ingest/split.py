"""The slow way into a request whose JSON as a whole cannot be read: because of half a surrogate pair, a
NaN, thousands of levels of nesting or a lost tail in one event, its good neighbours must not be refused.

Not a parser: it looks for where the elements of the ``events`` array begin and end, strings being the
only thing it must understand. It does not recurse, and takes time in proportion to the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import msgspec

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|"|[\[{]+|[\]}]|[:,]', re.DOTALL)


@dataclass(slots=True)
class Split:
    """``schema`` is the bytes of that field's value, None where there is none."""

    events: list[bytes] = field(default_factory=list)
    schema: bytes | None = None


def split(body: bytes) -> Split | None:
    """The elements of ``events`` as they stand in the text, broken ones too; None without such an array."""
    return _Scanner(body).run()


class _Scanner:
    """Level 1 is the request's object, level 2 the array; below it ``_open`` holds what is not closed."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._open: list[int] = []
        self._unclosed = {b"["[0]: 0, b"{"[0]: 0}
        self._level = 0
        self._key: bytes | None = None
        self._value_at: int | None = None
        self._element_at = 0
        self._found: Split | None = None
        self._schema: bytes | None = None
        self._done = False

    def run(self) -> Split | None:
        end = len(self._body)
        for token in _TOKEN.finditer(self._body):
            text = token.group()
            if text == b'"':  # never closed: the rest of the body is one broken element
                break
            if self._level < 2:
                self._outside(text, token.start(), token.end())
            else:
                self._inside(text, token.start(), token.end())
            if self._level < 0 or self._done:
                break
        if self._level >= 2 and not self._done:
            self._close_element(end)
        if self._found is not None:
            self._found.schema = self._schema
        return self._found

    def _outside(self, text: bytes, start: int, end: int) -> None:
        """Between the request's own braces, where only ``schema`` and ``events`` matter."""
        first = text[:1]
        if self._level == 0:
            self._level = 1 if text == b"{" else -1
            return
        if self._open:  # the value of some other field
            self._nest(text)
        elif first == b'"' and self._value_at is None:
            self._key = _plain(text)
        elif first == b":":
            self._value_at = end
        elif first == b"[" and self._key == b"events" and self._value_at is not None:
            self._level, self._found, self._element_at = 2, Split(), start + 1
            if len(text) > 1:  # the first element begins with a bracket of its own
                self._nest(text[1:])
        elif first in b"[{":
            self._nest(text)
        elif first in b",}]":
            self._end_value(start)
            self._done = first != b","

    def _end_value(self, end: int) -> None:
        if self._key == b"schema" and self._value_at is not None:
            self._schema = self._body[self._value_at : end].strip()
        self._key = self._value_at = None

    def _inside(self, text: bytes, start: int, end: int) -> None:
        """Between the brackets of ``events``."""
        first = text[:1]
        if self._open:
            if first in b"[{]}":
                self._nest(text)
        elif first in b"[{":
            self._nest(text)
        elif first == b",":
            self._close_element(start)
            self._element_at = end
        elif first == b"]":
            self._close_element(start)
            self._level, self._key, self._value_at = 1, None, None

    def _nest(self, text: bytes) -> None:
        """Follow brackets. A closing one that does not fit closes all up to its partner, or nothing if it
        has none: an event with a bracket missing does not swallow the next."""
        if text[0] in b"[{":
            self._open += text
            self._unclosed[b"["[0]] += text.count(b"[")
            self._unclosed[b"{"[0]] += text.count(b"{")
        elif text[0] in b"]}":
            partner = b"["[0] if text == b"]" else b"{"[0]
            if self._unclosed[partner]:
                while True:
                    opener = self._open.pop()
                    self._unclosed[opener] -= 1
                    if opener == partner:
                        break

    def _close_element(self, end: int) -> None:
        assert self._found is not None
        element = self._body[self._element_at : end].strip()
        if element or (self._found.events and self._body[end : end + 1] == b","):
            self._found.events.append(element)
        self._open.clear()
        self._unclosed = dict.fromkeys(self._unclosed, 0)


def _plain(token: bytes) -> bytes | None:
    try:
        return msgspec.json.decode(token, type=str).encode()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
