"""What conversations speak of, without a model: words and pairs of words that many of them share.

A theme is a term that sets a good part of the conversations apart, with the terms that go along with it.
They are taken one after the other, each by what it adds to those already found.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftercall.analyst.access import Said, Transcript

MOST = 8
_LEAST_SHARE = 0.03
_LEAST = 3
_COMMON = 0.6
"""A term in more of the conversations than this says nothing of any."""
_ALIKE = 0.5
_TERMS = 3
_QUOTES = 3
_WORD = re.compile(r"[^\W\d_]{3,}(?:['’][^\W\d_]+)?")
_EMPTY = """
the and you your for that this with have has had was were are but not can could would will just what when
where how who why which there here they them their then than from about into out our his her she him its
it's i'm i'd i've i'll don't can't that's what's let's you're we're yes yeah yep okay sure please thanks
thank hello good morning afternoon evening bye day well one two three need want like know get got make
made one's any some all also too very really right now today tomorrow maybe think see say said tell told
let still much more other been being does did doing going goes went come came take took give gave put
look looking call calling called back time again because should shall may might must over under after
before only even ever never always something anything nothing someone mean means way thing things lot bit
hold hang fine great perfect wonderful correct sorry excuse uh um hmm mhm actually que los las una por
para con del mis sus está esta este esto ese eso como pero muy más sin sobre hay son ser eres soy sí hola
gracias favor buenos días buenas tardes quiero puede puedo tengo tiene necesito quisiera usted ustedes
"""
EMPTY = frozenset(_EMPTY.split())
"""Words that everybody says on the phone, in English and Spanish."""


@dataclass(frozen=True)
class Quote:
    conversation_id: str
    turn: int
    speaker: str
    text: str


@dataclass(frozen=True)
class Theme:
    """``terms``: the first is in every one of ``conversation_ids``; the others go along with it. ``quotes``:
    what was really said."""

    terms: tuple[str, ...]
    conversation_ids: tuple[str, ...]
    quotes: tuple[Quote, ...]


def themes(transcripts: Sequence[Transcript], *, speaker: str = "user", most: int = MOST) -> list[Theme]:
    """The strongest first. The same transcripts give the same themes."""
    terms = {one.conversation_id: _terms(one.turns, speaker) for one in transcripts}
    within: dict[str, set[str]] = defaultdict(set)
    for conversation_id, found in terms.items():
        for term in found:
            within[term].add(conversation_id)
    every = len(transcripts)
    least = max(_LEAST, math.ceil(every * _LEAST_SHARE))
    usable = {term: ids for term, ids in within.items() if least <= len(ids) <= every * _COMMON}
    chosen = _chosen(usable, every, least, most)
    by_id = {one.conversation_id: one for one in transcripts}
    return [_theme(term, usable, by_id, every, speaker) for term in chosen]


def _chosen(usable: Mapping[str, set[str]], every: int, least: int, most: int) -> list[str]:
    chosen: list[str] = []
    covered: set[str] = set()
    left = dict(usable)
    while left and len(chosen) < most:
        term = max(left, key=lambda one: (_gain(one, left[one], covered, every), one))
        ids = left.pop(term)
        if len(ids - covered) < least:
            break
        chosen.append(term)
        covered |= ids
        left = {one: other for one, other in left.items() if _overlap(ids, other) < _ALIKE}
    return chosen


def _gain(term: str, ids: set[str], covered: set[str], every: int) -> float:
    """New conversations, by how much the term sets them apart; two words say more than one."""
    return len(ids - covered) * math.log(every / len(ids)) * (1.25 if " " in term else 1.0)


def _overlap(one: set[str], two: set[str]) -> float:
    return len(one & two) / len(one | two)


def _theme(
    term: str, usable: Mapping[str, set[str]], by_id: Mapping[str, Transcript], every: int, speaker: str
) -> Theme:
    ids = usable[term]
    beside = sorted(
        (one for one in usable if one != term and not set(one.split()) & set(term.split())),
        key=lambda one: (-_along(ids, usable[one], every), one),
    )
    along = tuple(one for one in beside[: _TERMS - 1] if _along(ids, usable[one], every) > 0)
    quotes = _quotes(sorted(ids), by_id, (term, *along), speaker)
    return Theme((term, *along), tuple(sorted(ids)), quotes)


def _along(ids: set[str], other: set[str], every: int) -> float:
    """By how many conversations they meet more often than by chance."""
    return len(ids & other) - 2 * len(ids) * len(other) / every


def _quotes(
    ids: Sequence[str], by_id: Mapping[str, Transcript], terms: Sequence[str], speaker: str
) -> tuple[Quote, ...]:
    """Of different conversations the turns that say most of the theme; the first term at least."""
    found = []
    for conversation_id in ids:
        said = [
            (_said_of(turn, terms), -len(turn.text), -turn.turn, turn)
            for turn in by_id[conversation_id].turns
            if turn.speaker == speaker and terms[0] in _all_terms(turn.text)
        ]
        if said:
            score, length, _, turn = max(said, key=lambda one: one[:3])
            found.append((-score, -length, Quote(conversation_id, turn.turn, turn.speaker, turn.text)))
    found.sort(key=lambda one: (one[0], one[1], one[2].conversation_id))
    return tuple(quote for _, _, quote in found[:_QUOTES])


def _said_of(turn: Said, terms: Sequence[str]) -> int:
    within = _all_terms(turn.text)
    return sum(term in within for term in terms)


def _terms(turns: Sequence[Said], speaker: str) -> set[str]:
    return {term for turn in turns if turn.speaker == speaker for term in _all_terms(turn.text)}


def _all_terms(text: str) -> Counter[str]:
    """Words that mean something, and pairs of these that stand side by side."""
    found: Counter[str] = Counter()
    before = ""
    for match in _WORD.finditer(text.lower().replace("’", "'")):
        word = match.group()
        if word in EMPTY:
            before = ""
            continue
        found[word] += 1
        if before:
            found[f"{before} {word}"] += 1
        before = word
    return found
