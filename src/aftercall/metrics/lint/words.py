"""Names as words: what rules compare."""

from __future__ import annotations

import re
from functools import cache

_WORD = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s")

CONCEPTS: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "handoff handover transfer escalation escalated",
        "caller customer client user",
        "call conversation",
        "reason cause why motive",
        "summary recap synopsis",
        "duration length",
        "sentiment mood emotion feeling",
        "resolution outcome",
        "resolved solved fixed",
        "booked scheduled reserved booking reservation",
        "cancelled aborted",
        "sms text",
        "satisfaction csat",
        "followup callback",
    )
)
"""Words that people use for one thing. Never a finding by themselves: two whole names must come out the
same, or mean one of DESIGN's own words."""


@cache
def words(name: str) -> tuple[str, ...]:
    """CallReason, call_reason and CALL-REASON are all (call, reason)."""
    spaced = _CAMEL.sub(" ", name)
    joined = tuple(word.casefold() for word in _WORD.findall(spaced))
    return _joined(joined)


def _joined(parts: tuple[str, ...]) -> tuple[str, ...]:
    """hand off, follow up and call back are one word each."""
    found: list[str] = []
    for word in parts:
        both = found[-1] + word if found else ""
        if both in ("handoff", "handover", "followup", "callback", "checkin", "checkup", "noshow"):
            found[-1] = both
        else:
            found.append(word)
    return tuple(found)


@cache
def stem(word: str) -> str:
    """Without its commonest English endings: declined, declines and declining are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            root = word[: -len(ending)]
            if ending == "ies":
                return root + "y"
            if len(root) > 4 and root[-1] == root[-2] and root[-1] in "lmnprt":
                root = root[:-1]  # cancelled, cancelling, transferred
            return root.rstrip("e")
    return word.rstrip("e") if len(word) > 4 else word


@cache
def concept(word: str) -> str:
    """The same for all words that mean one thing."""
    return _CONCEPT_OF.get(stem(word), stem(word))


_CONCEPT_OF = {stem(word): min(group) for group in CONCEPTS for word in group}


def one_apart(one: str, other: str) -> bool:
    """Whether a single letter was added, left out or changed, or two neighbours swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    if len(one) == len(other):
        wrong = [at for at in range(len(one)) if one[at] != other[at]]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            return one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]
        return len(wrong) == 1
    short, long = sorted((one, other), key=len)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
