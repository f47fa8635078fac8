"""The extractor that needs no model: instant, free, the same every time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from aftercall.extraction.call import Call
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
    sentence = text[left:right].strip()
    return sentence if len(sentence) <= LONGEST_QUOTE else text[start : min(end, start + LONGEST_QUOTE)]
