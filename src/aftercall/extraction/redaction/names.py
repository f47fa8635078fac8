"""Names of people. Which words are names no list can say: detectors are functions that anybody can give, in
code, or to a server by a package installed beside it (entry point PLUGGED)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import entry_points

NameDetector = Callable[[str], Iterable[tuple[int, int]]]
"""From a text to the places (start, end) of the names in it. From any thread."""
PLUGGED = "aftercall.names"
"""Group of the entry points that are detectors."""

_CAPITAL = r"[^\W\d_a-z][\w'\u2019-]+"
_INTRODUCED = re.compile(
    r"(?<!\w)(?:(?i:my\s+(?:\w+\s+)?name\s+is|my\s+name's|name's|this\s+is|i\s+am|i['\u2019]m|call\s+me|"
    r"speaking\s+(?:to|with)|thank\s+you,?|thanks,?|hello,?|hi,?)|(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?)\s+"
    rf"({_CAPITAL}(?:\s+{_CAPITAL}){{0,2}})"
)
_SPOKEN = re.compile(
    r"(?<!\w)(?i:my\s+(?:\w+\s+)?name\s+is|my\s+name's)\s+([\w'\u2019-]+(?:\s+[\w'\u2019-]+)?)"
)
_NO_NAMES = frozenset({
    "a", "an", "and", "at", "for", "from", "i", "i'd", "i'm", "i've", "is", "it", "it's", "no", "not", "of",
    "ok", "okay", "on", "or", "so", "sorry", "that", "the", "there", "this", "to", "very", "we", "what",
    "yes", "you", "your", "calling", "just", "still", "here", "trying", "looking", "sure", "afraid", "good",
    "great",
})  # fmt: skip


def introduced_names(text: str) -> Iterator[tuple[int, int]]:
    """Names that are introduced as such: "my name is...", "this is Ann Lee", "Mrs Lee". Others it misses."""
    for pattern in (_INTRODUCED, _SPOKEN):
        for found in pattern.finditer(text):
            start, end = found.span(1)
            words = list(re.finditer(r"\S+", text[start:end]))
            kept = 0
            for word in words:
                if word[0].casefold().strip(".,'") in _NO_NAMES:
                    break
                kept = word.end()
            if kept:
                yield start, start + kept


def names_in(text: str) -> Iterator[tuple[int, int]]:
    """Those that are introduced, and what detectors find that are plugged in. Raises what these raise, also
    where one cannot be imported: then nothing may be sent."""
    yield from introduced_names(text)
    for detect in _plugged():
        yield from detect(text)


@cache
def _plugged() -> tuple[NameDetector, ...]:
    return tuple(one.load() for one in entry_points(group=PLUGGED))
