"""A text as it is shown outside: with placeholders, and the way back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    start: int
    end: int
    kind: str
    """EMAIL, PHONE, CARD, ACCOUNT, NAME."""


class _Piece(NamedTuple):
    at: int
    """Where it begins in the shown text."""
    start: int
    end: int
    """Its place in the original."""
    placeholder: bool


class Shown:
    """``text`` with a placeholder for each span. ``spans`` in order, without overlaps, each with what to
    show."""

    def __init__(self, original: str, spans: Iterable[tuple[Span, str]] = ()) -> None:
        self.original = original
        self._pieces: list[_Piece] = []
        parts: list[str] = []
        length = done = 0
        for span, placeholder in spans:
            for start, end, text, is_placeholder in (
                (done, span.start, original[done : span.start], False),
                (span.start, span.end, placeholder, True),
            ):
                if text:
                    self._pieces.append(_Piece(length, start, end, is_placeholder))
                    parts.append(text)
                    length += len(text)
            done = span.end
        if done < len(original):
            self._pieces.append(_Piece(length, done, len(original), False))
            parts.append(original[done:])
        self.text = "".join(parts)

    def placeholders(self) -> list[tuple[str, str]]:
        """Each with what stands there in the original."""
        ends = [*(piece.at for piece in self._pieces[1:]), len(self.text)]
        return [
            (self.text[piece.at : end], self.original[piece.start : piece.end])
            for piece, end in zip(self._pieces, ends, strict=True)
            if piece.placeholder
        ]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """A part of the shown text (not an empty one) as its place in the original. A placeholder that is cut
        counts whole."""
        return self._edge(start, last=False), self._edge(end - 1, last=True)

    def _edge(self, at: int, *, last: bool) -> int:
        piece = self._pieces[bisect_right(self._pieces, at, key=lambda one: one.at) - 1]
        if piece.placeholder:
            return piece.end if last else piece.start
        return piece.start + at - piece.at + last
