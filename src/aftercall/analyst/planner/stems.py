"""Word forms of one word made alike: booked, booking, bookings; cancel, cancelled, cancellation."""

from __future__ import annotations

from functools import lru_cache

_IRREGULAR = {
    "people": "person",
    "paid": "pay",
    "sent": "send",
    "spent": "spend",
    "said": "say",
    "told": "tell",
    "made": "make",
    "found": "find",
    "known": "know",
    "knew": "know",
    "spoke": "speak",
    "spoken": "speak",
    "left": "leave",
    "insurer": "insur",
    "insurers": "insur",
    "transferred": "transfer",
    "transferring": "transfer",
    "referred": "refer",
    "preferred": "prefer",
    "children": "child",
    "hung": "hang",
    "resolution": "resolv",
    "resolutions": "resolv",
    "solution": "solv",
    "explanation": "explain",
    "slower": "slow",
    "slowest": "slow",
    "sms": "sms",
    "ups": "up",
    "texted": "text",
    "languages": "languag",
    "satisfaction": "satisf",
    "satisfied": "satisf",
    "angry": "angr",
    "anger": "angr",
}
# The longest first; what is left must keep so many letters.
_SUFFIXES = (
    ("ications", 4),
    ("ication", 4),
    ("icating", 4),
    ("icated", 4),
    ("icates", 4),
    ("icate", 4),
    ("ations", 4),
    ("ation", 4),
    ("ating", 4),
    ("ated", 4),
    ("ates", 4),
    ("ate", 4),
    ("ments", 3),
    ("ment", 3),
    ("ances", 4),
    ("ance", 4),
    ("ences", 4),
    ("ence", 4),
    ("ings", 3),
    ("ing", 3),
    ("ies", 3),
    ("ied", 3),
    ("ions", 4),
    ("ion", 4),
    ("ed", 3),
    ("es", 3),
    ("s", 3),
    ("e", 3),
    ("y", 3),
)


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """Of a lower-case word. Not a word itself: only good for comparing."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ss") or not word.isalpha():
        return _single(word)
    for suffix, least in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= least:
            return _single(word[: -len(suffix)])
    return _single(word)


def _single(word: str) -> str:
    """cancelled and cancel, call and called: one letter at the end."""
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou" else word
