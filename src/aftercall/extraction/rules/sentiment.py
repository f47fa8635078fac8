"""How the caller feels, from the words of the caller's turns (TextBlob's lexicon). English only."""

from __future__ import annotations

from functools import cache
from typing import Any

from aftercall.extraction.call import Call, Said
from aftercall.extraction.rules.condition import Hit
from aftercall.extraction.rules.decision import Decision
from aftercall.extraction.rules.language import language_of

LAST = 4
"""Turns of the caller that count: how a call ends outweighs how it began."""
POSITIVE, NEGATIVE = 0.1, -0.25
"""Means of the polarity (-1 to 1) from which on a call counts as one or the other. Set once on the training
half of STAR (docs/extraction.md). Politeness is in every call: hence the higher bar for positive."""


def sentiment(call: Call) -> Decision:
    if not call.is_engaged:
        return Decision("not_applicable", reason="the caller said nothing")
    language = language_of(call)
    if language != "en":
        told = "the language is not known" if language is None else f"the language is {language}"
        return Decision("unknown", reason=f"{told}, and the word list is English")
    last = [one for one in call.of_speaker("user") if one.text][-LAST:]
    said = [(_polarity(one.text), one) for one in last]
    mean = sum(polarity for polarity, _ in said) / len(said)
    label = "positive" if mean >= POSITIVE else "negative" if mean <= NEGATIVE else "neutral"
    strongest = sorted(said, key=lambda one: one[0], reverse=label != "negative")
    hits = tuple(_whole(one) for polarity, one in strongest[:2] if polarity) if label != "neutral" else ()
    return Decision("ok", label, f"mean polarity {mean:+.2f} of the caller's last {len(said)} turns", hits)


def _whole(said: Said) -> Hit:
    return Hit(said, 0, len(said.text))


def _polarity(text: str) -> float:
    return float(_lexicon()(text)[0])


@cache
def _lexicon() -> Any:
    from textblob.en import sentiment as lexicon

    return lexicon
