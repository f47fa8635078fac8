"""Which language the caller speaks: as the call says, else as a library (py3langid) tells from the words."""

from __future__ import annotations

from functools import cache
from typing import Any

from aftercall.extraction.call import Call

ENOUGH_LETTERS = 20
"""Fewer tell nothing: "ok" is a word of half the world."""
SURE = 0.8


def language_of(call: Call) -> str | None:
    """Two letters, such as ``en``; None: not known."""
    told = call.facts.get("language")
    if isinstance(told, str) and told:
        return told.replace("_", "-").partition("-")[0].lower()
    text = " ".join(said.text for said in call.of_speaker("user"))[:2_000]
    if sum(map(str.isalpha, text)) < ENOUGH_LETTERS:
        return None
    language, probability = _identifier().classify(text)
    return str(language) if probability >= SURE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
