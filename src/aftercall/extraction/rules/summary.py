"""A summary of the call's own sentences: what the caller wanted, and the last thing that was settled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from aftercall.extraction.call import Call, Said, straight
from aftercall.extraction.rules.condition import Hit
from aftercall.extraction.rules.decision import Decision

LONGEST = 300
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_WORD = re.compile(r"[^\W\d_]{4,}")
_WANTS = re.compile(
    r"(?<!\w)(?:i(?:'d| would) like|i need|i want|i'm calling|i am calling|can i|could (?:you|i)|can you|"
    r"i have|i was|how (?:much|do|can)|looking for|help me|is there)(?!\w)",
    re.IGNORECASE,
)

_PARTING = re.compile(
    r"(?<!\w)(?:good ?bye|thank(?:s| you) for (?:calling|contacting)|have a (?:good|great|nice|lovely)|"
    r"anything else|(?:how|what) (?:can|may) i|gracias por llamar|algo más|que tenga)(?!\w)",
    re.IGNORECASE,
)
"""Said in every call: it tells nothing of this one."""


def summary(call: Call) -> Decision:
    if not call.is_engaged:
        return Decision("not_applicable", reason="the caller said nothing")
    weights = _weights(call)
    asked = _best(call, "user", weights, early=True)
    settled = _best(call, "agent", weights, early=False)
    hits = [hit for hit in (asked, settled) if hit is not None]
    if not hits:
        return Decision("unknown", reason="no sentence of four words or more")
    hits.sort(key=lambda hit: (hit.said.turn, hit.start))
    text = " / ".join(f"{hit.said.speaker.capitalize()}: {_shown(hit)}" for hit in hits)
    return Decision("ok", text, "sentences of the call", tuple(hits))


def _shown(hit: Hit) -> str:
    text = " ".join(hit.said.text[hit.start : hit.end].split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _weights(call: Call) -> dict[str, float]:
    """Words that many turns share carry the subject."""
    counts = Counter(word for said in call.turns for word in {w.lower() for w in _WORD.findall(said.text)})
    return {word: min(count, 4) for word, count in counts.items()}


def _best(call: Call, speaker: str, weights: dict[str, float], *, early: bool) -> Hit | None:
    turns = [said for said in call.of_speaker(speaker) if said.text]
    best: tuple[float, Hit] | None = None
    for place, said in enumerate(turns):
        position = place if early else len(turns) - 1 - place
        for hit in _sentences(said):
            score = _score(said.text[hit.start : hit.end], weights, wants=early) / (1 + 0.5 * position)
            if score > (best[0] if best else 0.0):
                best = (score, hit)
    return best[1] if best else None


def _sentences(said: Said) -> Iterator[Hit]:
    for found in _SENTENCE.finditer(said.text):
        start, end = found.span()
        start += len(found[0]) - len(found[0].lstrip())
        if len(said.text[start:end].split()) >= 4:
            yield Hit(said, start, end)


def _score(sentence: str, weights: dict[str, float], *, wants: bool) -> float:
    known = {word.lower() for word in _WORD.findall(sentence)}
    if not wants and _PARTING.search(straight(sentence)):
        return 0.0
    score = sum(weights.get(word, 0.0) for word in known) / (3 + len(known))
    return score + (2.0 if wants and _WANTS.search(straight(sentence)) else 0.0)
