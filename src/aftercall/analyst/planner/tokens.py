"""A question as tokens with their places, and as one line of plain words for patterns to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from aftercall.analyst.planner.stems import stem

LONGEST = 2_000
"""Characters of a question."""
_NUMBERS = {
    word: str(value)
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
        ]
    )
} | {"twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "ninety": "90"}
_NUMBERS |= {"hundred": "100", "once": "1", "twice": "2", "dozen": "12"}
_CONTRACTIONS = {
    "what's": "what is",
    "whats": "what is",
    "how's": "how is",
    "who's": "who is",
    "where's": "where is",
    "that's": "that is",
    "it's": "it is",
    "there's": "there is",
    "let's": "let us",
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "don't": "do not",
    "dont": "do not",
    "didnt": "did not",
    "doesnt": "does not",
    "wasnt": "was not",
    "werent": "were not",
    "i'd": "i would",
    "i'm": "i am",
    "we're": "we are",
    "we've": "we have",
    "we'll": "we will",
    "they're": "they are",
    "gimme": "give me",
    "pls": "please",
    "plz": "please",
    "avg": "average",
    "pct": "percent",
    "perc": "percent",
    "yday": "yesterday",
    "convos": "conversations",
    "convo": "conversation",
    "wk": "week",
    "wks": "weeks",
    "mins": "minutes",
    "min": "minute",
    "secs": "seconds",
    "sec": "second",
    "hrs": "hours",
    "hr": "hour",
    "appt": "appointment",
    "appts": "appointments",
}
_TOKEN = re.compile(
    r"""
      (?P<quote>"[^"]+"|“[^”]+”|„[^“”]+[“”]|«[^»]+»|(?<!\w)'[^']+'(?!\w)|(?<!\w)‘[^’]+’(?!\w))
    | (?P<date>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?|\d{1,2}/\d{1,2}(?:/\d{2,4})?)
    | (?P<clock>\d{1,2}(?::\d\d)?\s?(?:[ap]\.?m\b\.?)|\d{1,2}:\d\d)
    | (?P<ordinal>\d{1,3}(?:st|nd|rd|th)\b)
    | (?P<percentile>[pP]\d\d\b)
    | (?P<quarter>[qQ][1-4]\b)
    | (?P<span>\d+(?:d|h|w|mo|s|m|min|k)\b)
    | (?P<number>[$€£]?\d[\d,]*(?:\.\d+)?)
    | (?P<name>[^\W\d]\w*(?:_\w+)+(?:@\w+)?)
    | (?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)
    | (?P<sign>[%=<>+&/$€£]+)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """``word``: lower-case, contractions apart, numbers as digits. ``start`` and ``end``: in the question."""

    word: str
    stem: str
    start: int
    end: int
    kind: str
    corrected: str = ""
    """What the person wrote, where ``word`` is what was taken for meant."""


@dataclass
class Text:
    """The tokens of a question, and which of them have found a meaning."""

    question: str
    tokens: list[Token]
    taken: list[bool] = field(default_factory=list)
    line: str = ""
    """All words, one space between two."""
    _places: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.taken = [False] * len(self.tokens)
        self.line = " ".join(token.word for token in self.tokens)
        place = 0
        for token in self.tokens:
            self._places.append(place)
            place += len(token.word) + 1

    def find(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, re.Match[str]]]:
        """(first token, token after the last, match) wherever no word of it is taken."""
        for match in pattern.finditer(self.line):
            found = self.span(match)
            if found is not None and not any(self.taken[found[0] : found[1]]):
                yield *found, match

    def span(self, match: re.Match[str], group: int | str = 0) -> tuple[int, int] | None:
        """The tokens of a match; None where it does not begin and end at a word's border."""
        return self.span_at(match.start(group), match.end(group))

    def span_at(self, start: int, end: int) -> tuple[int, int] | None:
        first = next((i for i, place in enumerate(self._places) if place >= start), len(self.tokens))
        last = next((i for i, place in enumerate(self._places) if place >= end), len(self.tokens))
        return (first, last) if first < last else None

    def take(self, first: int, last: int) -> None:
        for i in range(first, last):
            self.taken[i] = True

    def words(self, first: int, last: int) -> str:
        """As they were written."""
        if first >= last:
            return ""
        return self.question[self.tokens[first].start : self.tokens[last - 1].end]

    def is_free(self, first: int, last: int) -> bool:
        return not any(self.taken[first:last])


def read(question: str) -> Text:
    return Text(question, tokens_of(question))


def tokens_of(question: str) -> list[Token]:
    found: list[Token] = []
    for match in _TOKEN.finditer(question[:LONGEST]):
        kind = str(match.lastgroup)
        found += _tokens(match.group(), kind, match.start(), match.end())
    return _joined(found)


_HANG = frozenset(["hang", "hangs", "hung", "hanging"])
_TOGETHER = {
    "off": ("handoff", frozenset(["hand", "hands", "handed", "handing"])),
    "offs": ("handoff", frozenset(("hand",))),
    "up": ("hangup", _HANG),
    "ups": ("hangup", _HANG),
}
_BEFORE_ONE = frozenset(["than", "over", "under", "least", "most", "exceeding", "above", "below"])
_UNITS = frozenset(["second", "minute", "hour", "day", "week", "month"])


def _joined(tokens: list[Token]) -> list[Token]:
    """ "handed off" is one word: handoff. "Longer than a minute" is longer than 1 minute."""
    made: list[Token] = []
    for i, token in enumerate(tokens):
        word, firsts = _TOGETHER.get(token.word, ("", frozenset()))
        if made and made[-1].word in firsts:
            last = made.pop()
            made.append(Token(word, stem(word), last.start, token.end, "word"))
        elif (
            token.word in ("a", "an")
            and made
            and made[-1].word in _BEFORE_ONE
            and i + 1 < len(tokens)
            and tokens[i + 1].word in _UNITS
        ):
            made.append(Token("1", "1", token.start, token.end, "number"))
        else:
            made.append(token)
    return made


def _tokens(text: str, kind: str, start: int, end: int) -> list[Token]:
    if kind == "name":
        return [Token(text, text, start, end, kind)]
    if kind == "quote":
        inner = text[1:-1].strip()
        return [Token(f'"{inner}"', inner, start, end, kind)]
    if kind != "word":
        return [Token(_plain(text.lower(), kind), text.lower(), start, end, kind)]
    word = text.lower().replace("’", "'")
    spelled = _CONTRACTIONS.get(word)
    if spelled is None and word.endswith("n't"):
        spelled = f"{word[:-3]} not"
    if spelled is None:
        spelled = word.removesuffix("'s").removesuffix("'")
    return [_word(part, start, end) for part in spelled.replace("'", " ").split()]


def _word(word: str, start: int, end: int) -> Token:
    if word in _NUMBERS:
        return Token(_NUMBERS[word], word, start, end, "number")
    return Token(word, stem(word), start, end, "word")


def _plain(text: str, kind: str) -> str:
    return text.replace(",", "").lstrip("$€£") if kind == "number" else text.replace(" ", "")


def corrected(text: Text, words: dict[int, str]) -> Text:
    """With other words in these places."""
    tokens: Sequence[Token] = [
        replace(token, word=words[i], stem=stem(words[i]), corrected=token.word) if i in words else token
        for i, token in enumerate(text.tokens)
    ]
    return Text(text.question, list(tokens))
