"""A long call in parts that a model can take: cut between turns, and inside one only if it alone is too
long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from aftercall.extraction.prompt import Line

WINDOW = 24_000
"""Characters of transcript in one request: about 6,000 tokens, half an hour of talk."""
PER_LINE = 45
"""Characters that a turn costs besides its text."""


def windows(lines: Sequence[Line], size: int = WINDOW) -> list[list[Line]]:
    """No turn is in two parts, except the pieces of one that is longer than a part. At least one part."""
    parts: list[list[Line]] = [[]]
    used = 0
    for line in _pieces(lines, size):
        cost = len(line.text) + PER_LINE
        if parts[-1] and used + cost > size:
            parts.append([])
            used = 0
        parts[-1].append(line)
        used += cost
    return parts


def _pieces(lines: Iterable[Line], size: int) -> Iterator[Line]:
    most = max(size - PER_LINE, 1)
    for line in lines:
        for start in range(0, len(line.text) or 1, most):
            yield line._replace(text=line.text[start : start + most])
