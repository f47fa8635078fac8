"""The extractor that needs no model: instant, free, the same every time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from aftercall.extraction.call import Call
from aftercall.extraction.evidence import MIN_QUOTE
from aftercall.extraction.field import Field
from aftercall.extraction.found import Found, Quote
from aftercall.extraction.rules.condition import Hit
from aftercall.model.values import NotCoercible

QUOTES = 3
LONGEST_QUOTE = 240
_SENTENCE_END = re.compile(r"[.!?\n]")


class RulesExtractor:
    name = "rules"

    def extract(self, call: Call, fields: Sequence[Field]) -> list[Found]:
        return [self._one(call, field) for field in fields]

    def _one(self, call: Call, field: Field) -> Found:
        decision = field.decide(call)
        evidence = tuple(_quotes(decision.hits))
        if decision.status != "ok":
            return Found(field.name, decision.status, self.name, reason=decision.reason, evidence=evidence)
        try:
            value = field.value(decision.value)
        except NotCoercible as error:
            return Found(field.name, "failed", self.name, reason=f"RULES_VALUE_INVALID: {error}")
        return Found(field.name, "ok", self.name, value, decision.reason, evidence)


def _quotes(hits: Iterable[Hit]) -> Iterable[Quote]:
    """One for each turn: the sentence around its first hit."""
    quoted: dict[int, Hit] = {}
    for hit in hits:
        quoted.setdefault(hit.said.turn, hit)
    for hit in list(quoted.values())[:QUOTES]:
        said = hit.said
        yield Quote(said.turn, _sentence(said.text, hit.start, hit.end), said.speaker, said.id)


def _sentence(text: str, start: int, end: int) -> str:
    before = [found.end() for found in _SENTENCE_END.finditer(text, 0, start)]
    after = _SENTENCE_END.search(text, end) if not _SENTENCE_END.match(text[end - 1 : end]) else None
    left, right = (before[-1] if before else 0), (after.end() if after else end)
    if after is None and not _SENTENCE_END.match(text[end - 1 : end]):
        right = len(text)
    if len(" ".join(text[left:right].split())) < MIN_QUOTE:  # "No. I want a person.": "No." would not count
        left, right = _with_neighbour(text, left, right)
    return _cut(text, left, right, start)


def _with_neighbour(text: str, left: int, right: int) -> tuple[int, int]:
    """And the sentence after it, or where that is too little, the one before."""
    for _ in range(LONGEST_QUOTE):  # of blanks, too
        if len(" ".join(text[left:right].split())) >= MIN_QUOTE:
            break
        left, right = (left, right + 1) if right < len(text) else (max(left - 1, 0), right)
    after = _SENTENCE_END.search(text, right - 1)
    before = [found.end() for found in _SENTENCE_END.finditer(text, 0, left)]
    return (before[-1] if before else 0), (after.end() if after else len(text))


def _cut(text: str, left: int, right: int, hit: int) -> str:
    """What is too long, as where nobody set a full stop, from some words before the hit on."""
    if len(text[left:right].strip()) <= LONGEST_QUOTE:
        return text[left:right].strip()
    begin = max(left, hit - LONGEST_QUOTE // 3)
    if begin > left:
        begin = text.find(" ", begin, hit) + 1 or hit
    return text[begin : min(right, begin + LONGEST_QUOTE)].strip()
