"""Whether a quote stands where it is said to stand. The whole rule:

- the turn exists, and is of the speaker that the field demands (and of the one that the quote names, if any);
- the quote is in that turn's text, after runs of white space became one space and case was folded;
- it has MIN_QUOTE characters or more, unless it is all that was said in the turn ("Yes.").

What is kept is the text of the turn, not of the quote: verbatim.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from aftercall.extraction.call import Call, Said
from aftercall.extraction.field import Field
from aftercall.extraction.found import Found, Quote

MIN_QUOTE = 8
"""Characters, after normalising."""

Span = tuple[int, int]
Locate = Callable[[str, Said], Span | None]
"""From a quote to its place in the turn's own text."""


def normalise(text: str) -> tuple[str, list[int]]:
    """Folded, with single spaces and none at the ends; and for each character the place it came from."""
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        if char.isspace():
            if letters and letters[-1] != " ":
                letters.append(" ")
                places.append(place)
            continue
        for folded in char.casefold():
            letters.append(folded)
            places.append(place)
    if letters and letters[-1] == " ":
        del letters[-1], places[-1]
    return "".join(letters), places


def locate(quote: str, text: str) -> Span | None:
    """Where in the text the quote stands; None: nowhere, or it is too short."""
    quote = quote.strip()
    if len(" ".join(quote.split())) >= MIN_QUOTE and any(map(str.isalnum, quote)):
        start = text.find(quote)
        if start >= 0:  # letter by letter, as rules quote
            return start, start + len(quote)
    wanted, _ = normalise(quote)
    there, places = normalise(text)
    if not any(char.isalnum() for char in wanted):
        return None
    start = there.find(wanted)
    if start < 0 or (len(wanted) < MIN_QUOTE and _words(wanted) != _words(there)):
        return None
    return places[start], places[start + len(wanted) - 1] + 1


def _words(text: str) -> str:
    return text.strip(" .,;:!?\"'")


def in_turn(quote: str, said: Said) -> Span | None:
    return locate(quote, said.text)


def check(found: Found, field: Field, call: Call, *, where: Locate = in_turn) -> Found:
    """With verbatim quotes; or ``ungrounded``, without those that do not stand.

    Only values are checked. Without any quote a value is ungrounded too, except that where grounding is only
    wanted nothing need be quoted for a false or a 0 (what was not said cannot be quoted), nor by rules, which
    also count and look at facts.
    """
    if found.status != "ok" or field.extraction.grounded == "no":
        return found
    by_turn = {said.turn: said for said in call.turns}
    kept: list[Quote] = []
    problem = ""
    for quote in found.evidence:
        said, wrong = _stands(quote, field, by_turn, where)
        if said is None:
            problem = problem or wrong
        else:
            kept.append(said)
    needless = found.value in (False, 0) or found.extractor == "rules"
    if not found.evidence and not (field.extraction.grounded == "wanted" and needless):
        problem = "it quotes nothing"
    if not problem:
        return replace(found, evidence=tuple(kept))
    return replace(found, status="ungrounded", evidence=tuple(kept), reason=_joined(problem, found.reason))


def _stands(quote: Quote, field: Field, turns: Mapping[int, Said], where: Locate) -> tuple[Quote | None, str]:
    said = turns.get(quote.turn)
    if said is None:
        return None, f"there is no turn {quote.turn}"
    wanted = field.extraction.speaker
    if (wanted is not None and said.speaker != wanted) or (quote.speaker and quote.speaker != said.speaker):
        return None, f"turn {quote.turn} was spoken by the {said.speaker}"
    span = where(quote.text, said)
    if span is None:
        return None, f"the quote is not in turn {quote.turn}, or is shorter than {MIN_QUOTE} characters"
    kept = said.text[slice(*span)]
    if locate(kept, said.text) is None:  # a placeholder is longer than the name behind it
        return None, f"what is quoted of turn {quote.turn} is shorter than {MIN_QUOTE} characters"
    return Quote(said.turn, kept, said.speaker, said.id), ""


def _joined(problem: str, reason: str) -> str:
    return f"{problem} ({reason})" if reason else problem
