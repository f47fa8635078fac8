"""How people really speak: fillers, words said twice, words the recogniser gets wrong, typing in a hurry."""

from __future__ import annotations

import random
import re

FILLERS = {
    "en-US": ("um", "uh", "like", "you know", "I mean", "actually", "hmm", "sort of"),
    "es-US": ("eh", "este", "o sea", "pues", "bueno", "mmm", "digamos"),
}
MISHEARD = {
    "appointment": "a point meant", "cleaning": "clearing", "crown": "crowned", "insurance": "in sure ants",
    "filling": "feeling", "check-up": "check up", "whitening": "widening", "bill": "build", "card": "cart",
    "Bluefinch": "blue finch", "Cedar": "cedar", "reschedule": "re schedule", "root canal": "route canal",
    "dentist": "dentists", "charge": "church", "policy": "police he", "cita": "sita", "factura": "fractura",
    "seguro": "segura", "limpieza": "limpiesa",
}  # fmt: skip
"""What a recogniser makes of a word now and then."""

_WORD = re.compile(r"[\wáéíóúñü'-]+")


def slip(text: str, language: str, channel: str, chance: random.Random) -> str:
    """As it reaches the transcript. About a third of what is said comes out of this changed."""
    if channel == "chat":
        return _typed(text, chance)
    luck = chance.random()
    if luck < 0.13:
        return _insert(text, f"{chance.choice(FILLERS[language])},", chance)
    if luck < 0.19:
        return _say_twice(text, chance)
    if luck < 0.27:
        return _mishear(text, chance)
    if luck < 0.33:
        return text.replace(",", "").replace("…", "").rstrip(".").lower()  # no punctuation came through
    return text


def _insert(text: str, filler: str, chance: random.Random) -> str:
    words = text.split()
    if len(words) < 3:
        return text
    place = chance.randrange(1, len(words))
    return " ".join([*words[:place], filler, *words[place:]])


def _say_twice(text: str, chance: random.Random) -> str:
    words = text.split()
    if len(words) < 3:
        return text
    place = chance.randrange(len(words) - 1)
    first, again = words[place].strip(",.?!¿¡"), words[place]
    return " ".join([*words[:place], f"{first},", again[0].lower() + again[1:], *words[place + 1 :]])


def _mishear(text: str, chance: random.Random) -> str:
    known = [word for word in MISHEARD if word in text]
    if not known:
        return text
    word = chance.choice(known)
    return text.replace(word, MISHEARD[word], 1)


def _typed(text: str, chance: random.Random) -> str:
    text = text.lower() if chance.random() < 0.35 else text
    if chance.random() < 0.3:
        text = text.rstrip(".!")
    if chance.random() < 0.25:
        text = _typo(text, chance)
    return text


def _typo(text: str, chance: random.Random) -> str:
    """Two letters of a longer word change places."""
    long = [match for match in _WORD.finditer(text) if len(match[0]) > 4 and match[0].isalpha()]
    if not long:
        return text
    match = chance.choice(long)
    place = match.start() + chance.randrange(1, len(match[0]) - 2)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
