"""Typing errors: a word nobody knows that is nearly one of the vocabulary's, or of the grammar's own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from aftercall.analyst.planner.stems import stem
from aftercall.analyst.planner.tokens import Text
from aftercall.analyst.planner.words import HARMLESS

_WORDS = """
average median percentage percent share proportion total number count many yesterday today week weeks
month months quarter year hour hours day days daily weekly monthly monday tuesday wednesday thursday
friday saturday sunday january february march april june july august september october november december
compare compared compared trend mentioned mention between without variant channel language spanish
english longest shortest highest lowest common frequent previous calls callers conversations transferred
handoff handed duration reasons minutes seconds longer shorter breakdown weekday busiest rate per last
this show list which what how customers people over time containment latency interruptions abandoned
weekend
"""
_GRAMMAR = frozenset(_WORDS.split())
_LETTERS = re.compile(r"[a-z]+")


def corrections(text: Text, unknown: Iterable[int], vocabulary: Iterable[str]) -> dict[int, str]:
    """By place, the word that is likely meant; nothing where two are as near, or none is near enough."""
    own = {word for word in (*vocabulary, *_GRAMMAR) if len(word) > 3}
    plural = {f"{word}s" for word in own if not word.endswith(("s", "ed"))}
    known = own | plural | {one for one in HARMLESS if len(one) > 4}
    found: dict[int, str] = {}
    for i in unknown:
        word = text.tokens[i].word
        written = text.words(i, i + 1)
        if written.isupper():  # an abbreviation that nobody explained
            continue
        if text.tokens[i].kind == "word" and _LETTERS.fullmatch(word) and not text.tokens[i].corrected:
            nearest = _nearest(word, known)
            if nearest is not None:
                found[i] = nearest
    return found


def _nearest(word: str, known: set[str]) -> str | None:
    """One error in a short word, two in a long one that begins alike; two letters swapped are one."""
    if len(word) < 4:  # "teh": only swapped letters, of a word that changes nothing
        swapped = [one for one in HARMLESS if len(one) == 3 == len(word) and sorted(one) == sorted(word)]
        return swapped[0] if len(swapped) == 1 else None
    most = 1 if len(word) < 8 else 2
    found = extract(word, known, scorer=OSA.distance, score_cutoff=most, limit=8)
    near = [(one, int(distance)) for one, distance, _ in found if _alike(word, one, int(distance))]
    if not near:
        return None
    best = min(distance for _, distance in near)
    nearest = sorted(one for one, distance in near if distance == best)
    return nearest[0] if len({stem(one) for one in nearest}) == 1 else None


def _alike(word: str, other: str, distance: int) -> bool:
    if abs(len(word) - len(other)) > 1:
        return False
    return word[0] == other[0] if distance <= 1 else word[:2] == other[:2]
