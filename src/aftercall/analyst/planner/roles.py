"""What each name of a question does in it: measured, a condition, or what rows are made by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aftercall.analyst.planner.match import Found
from aftercall.analyst.planner.stems import stem
from aftercall.analyst.planner.tokens import Text
from aftercall.analyst.planner.vocabulary import Entity, is_participle, words_of
from aftercall.analyst.planner.wanted import Wanted
from aftercall.analyst.planner.words import BRIDGES, GENERIC, HARMLESS, NEGATIVE

Where = dict[str, Any]
_EXCEPT = frozenset(["except", "excluding", "exclude", "excludes", "excluded", "besides", "non", "minus"])
FAIL = frozenset(
    ["fail", "fails", "failed", "failing", "failure", "failures", "unsuccessful", "unsuccessfully"]
)
_BY = frozenset(["by", "per", "across", "each", "every"])
_BEFORE_GROUP = frozenset(
    [
        "the",
        "a",
        "an",
        "our",
        "of",
        "their",
        "all",
        "different",
        "distinct",
        "various",
        "possible",
        "kind",
        "kinds",
        "type",
        "types",
        "sort",
        "sorts",
    ]
)
_AFTER_GROUP = frozenset(["breakdown", "distribution", "split", "mix", "breakdowns", "distributions"])
_SPREAD = frozenset(["breakdown", "distribution", "split", "mix"])
ABOUT = frozenset(["about", "regarding", "concerning", "for", "re"])
_NOUNS = frozenset(
    [
        "call",
        "calls",
        "conversation",
        "conversations",
        "caller",
        "callers",
        "chats",
        "contacts",
        "people",
        "customers",
        "patients",
    ]
)
_NUMERIC = frozenset(["avg", "sum", "p50", "p95", "p99", "min", "max", "total"])
_TOPICAL = frozenset(("reason", "topic", "intent", "category", "subject", "cause", "sentiment", "mood"))
FAR = -9.0
"""Of a value that only a synonym names, of a metric that nothing speaks of."""


@dataclass
class Named:
    """A name with its role. ``negated``: the opposite is meant; ``failed``: that it came out false."""

    found: Found
    negated: bool = False
    failed: bool = False
    group: bool = False
    at: tuple[int, int] = (0, 0)

    @property
    def entity(self) -> Entity:
        return self.found.entity

    @property
    def facts(self) -> Any:
        return self.found.entity.facts


@dataclass
class Cues:
    """Judges entities by the words around; see match.Cue."""

    text: Text
    wanted: Wanted
    mentioned: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        self.mentioned = frozenset(token.stem for token in self.text.tokens)

    def __call__(self, entity: Entity, at: tuple[int, ...]) -> float:
        before = word_before(self.text, at[0])
        grouping = before in _BY or before in ("which", "what") or at[0] == self._top_start(at[0])
        score = -0.05 if entity.is_built_in and entity.facts.type in ("text", "list") else 0.0
        if entity.kind == "value":
            return score + self._value(entity, at, before, grouping)
        if grouping:
            score += 0.2 if entity.is_groupable and entity.facts.type != "boolean" else -0.1
        shared = self._after(at) in ("rate", "rates")
        if shared:
            score += 0.3 if entity.facts.type == "boolean" else -0.3 if entity.is_numeric else 0
        numeric = self.wanted.agg in _NUMERIC and self.wanted.counted_end < 0
        if not shared and (numeric or self.wanted.superlative):
            score += 0.15 if entity.is_numeric else 0
        if entity.facts.type == "boolean":
            score += 0.06 + (0.0 if numeric else self._happened(entity, at))
        if entity.facts.type == "text":
            score -= 0.04
        return score + self._around(entity, at)

    def _around(self, entity: Entity, at: tuple[int, ...]) -> float:
        """Another word of its name stands elsewhere in the question: "which insurers had verifications"."""
        here = {self.text.tokens[i].stem for i in at}
        own = {stem(word) for word in entity.sayings[0]} - here
        return 0.25 if any(one in self.mentioned and one not in GENERIC for one in own) else 0.0

    def _happened(self, entity: Entity, at: tuple[int, ...]) -> float:
        """Bookings are what was booked, rather than calls about booking."""
        last = entity.sayings[0][-1]
        same = len(at) == 1 and stem(last) == self.text.tokens[at[0]].stem
        return 0.35 if same and is_participle(last) and not self._is_about(at) else 0.0

    def _is_about(self, at: tuple[int, ...]) -> bool:
        after = self._after(at)
        if after in ("rate", "rates"):
            return False
        asks = at[0] >= 2 and self.text.tokens[at[0] - 2].word in ("what", "how")  # "what about bookings?"
        before = word_before(self.text, at[0])
        if before in ("or", "and"):  # "about payment or billing"
            earlier = {token.word for token in self.text.tokens[max(0, at[0] - 5) : at[0]]}
            return bool(earlier & ABOUT) or after in _NOUNS
        return (before in ABOUT and not asks) or after in _NOUNS

    def _is_own(self, entity: Entity, at: tuple[int, ...]) -> bool:
        own = {stem(word) for saying in entity.sayings for word in saying}
        return any(self.text.tokens[i].stem in own for i in at)

    def _after(self, at: tuple[int, ...]) -> str:
        return self.text.tokens[at[-1] + 1].word if at[-1] + 1 < len(self.text.tokens) else ""

    def _value(self, entity: Entity, at: tuple[int, ...], before: str, grouping: bool) -> float:
        about = self._is_about(at)
        score = 0.12 if about else -0.25 if entity.facts.type == "categorical" else -0.08
        own = [word for word in words_of(entity.facts.name) if stem(word) not in GENERIC]
        special = [word for word in own if word not in _TOPICAL]
        if any(stem(word) in self.mentioned for word in special):
            score += 0.15
        elif special:
            score += -0.1 if self._is_own(entity, at) else FAR
        elif about:
            score += 0.1
        noun = self.text.tokens[at[-1]].word.endswith(("ing", "ings", "ion", "ions"))
        score -= 0.3 if noun and self._after(at) in ("rate", "rates") else 0
        return score - (0.25 if grouping else 0)

    def _top_start(self, first: int) -> int:
        """``first`` where only little words stand between it and "top 5"."""
        if not self.wanted.top:
            return -1
        between = range(self.wanted.top_end, first)
        return first if all(self.text.tokens[i].word in _BEFORE_GROUP for i in between) else -1


def word_before(text: Text, first: int) -> str:
    i = first - 1
    while i >= 0 and text.tokens[i].word in _BEFORE_GROUP:
        i -= 1
    return text.tokens[i].word if i >= 0 else ""


def named(text: Text, names: Sequence[Found], wanted: Wanted) -> list[Named]:
    """With what negates them, and whether rows are made by them. Takes the words that say so."""
    valued = {one.entity.facts.name for one in names if one.entity.kind == "value"}
    kept = [one for one in names if one.entity.kind == "value" or one.entity.facts.name not in valued]
    made = [Named(one, at=(one.first, one.end)) for one in kept]
    for one in made:
        _negate(text, one)
    for i, one in enumerate(made):
        one.group = _is_group(text, one, wanted, made[i - 1] if i else None)
    return made


def negation(text: Text, first: int, end: int, *, fails: bool = True) -> tuple[bool, bool]:
    """(the opposite is meant, failing is meant) of what stands in these tokens. Takes the words."""
    negated = failed = False
    inside = [i for i in range(first, end) if not text.taken[i]]
    for i in [*inside, *_back(text, first), *_forth(text, end)]:
        word = text.tokens[i].word
        if word in NEGATIVE or word in _EXCEPT or _other_than(text, i):
            negated = not negated
            text.taken[i] = True
        elif word in FAIL and fails:
            failed = True
            text.taken[i] = True
    return negated, failed


def _negate(text: Text, one: Named) -> None:
    """Only what is true or false can fail: elsewhere the word stays, and is told as not understood."""
    one.negated, one.failed = negation(text, *one.at, fails=one.facts.type == "boolean")


def _back(text: Text, first: int) -> list[int]:
    """Up to the negation, over words that change nothing."""
    for i in range(first - 1, max(first - 6, -1), -1):
        word = text.tokens[i].word
        if text.taken[i]:
            return []
        if word in NEGATIVE or word in _EXCEPT or word in FAIL or _other_than(text, i):
            before = [i - 1] if i and text.tokens[i - 1].word in NEGATIVE and not text.taken[i - 1] else []
            return [i, *before]
        if word not in HARMLESS and word not in BRIDGES:
            return []
        if word in ("and", "or", "but", "who", "that", "which", "where", "with"):
            return []
    return []


def _forth(text: Text, end: int) -> list[int]:
    """Verification failed; bookings that failed."""
    for i in range(end, min(end + 3, len(text.tokens))):
        if text.taken[i]:
            return []
        if text.tokens[i].word in FAIL:
            return [i]
        if text.tokens[i].word not in ("that", "which", "has", "have", "was", "were"):
            return []
    return []


def _other_than(text: Text, i: int) -> bool:
    """``i`` is the word other in "other than"."""
    words = text.tokens
    return words[i].word == "other" and i + 1 < len(words) and words[i + 1].word == "than"


def _is_group(text: Text, one: Named, wanted: Wanted, before: Named | None) -> bool:
    if one.entity.kind == "value" or not (one.entity.is_groupable):
        return False
    first, end = one.at
    word = word_before(text, first)
    following = text.tokens[end].word if end < len(text.tokens) else ""
    if following in ("rate", "rates") or {text.tokens[i].word for i in one.found.at} & {"rate", "rates"}:
        return False  # "the top reasons by handoff rate"
    if one.facts.type == "boolean":  # "answered by a machine" makes no rows
        return first > 0 and text.tokens[first - 1].word in _BY - {"per"}
    if word in _BY or following in _AFTER_GROUP:
        return True
    if _spread(text, first) or (wanted.top and _only(text, wanted.top_end, first)):
        return True
    if word in ("which", "what") and (wanted.superlative or wanted.agg or wanted.noun or wanted.top):
        return wanted.agg != "distinct"
    if before is not None and before.group:
        between = {text.tokens[i].word for i in range(before.at[1], first)}
        return between <= {"and", "by", "then", "or", "the"} and "and" in between | {""}
    return False


def _spread(text: Text, first: int) -> bool:
    """ "the distribution of X" """
    i = first - 1
    while i >= 0 and text.tokens[i].word in _BEFORE_GROUP | {"of", "in"}:
        i -= 1
    return i >= 0 and text.tokens[i].word in _SPREAD


def _only(text: Text, first: int, end: int) -> bool:
    return first <= end and all(text.tokens[i].word in _BEFORE_GROUP for i in range(first, end))


def condition(one: Named) -> Where:
    """What a name says of one conversation."""
    facts = one.facts
    if one.entity.kind == "value":
        op = "contains" if facts.type == "list" else "eq"
        test: Where = {"field": facts.name, "op": op, "value": one.entity.value}
        return {"not": test} if one.negated else test
    if one.failed:
        test = {"field": facts.name, "op": "eq", "value": False}
        return {"not": test} if one.negated else test
    if facts.type == "list":
        return {"field": facts.name, "op": "not_exists" if one.negated else "exists"}
    return {"field": facts.name, "op": "not_flagged" if one.negated else "flagged"}


def shown(one: Named) -> str:
    """For people."""
    facts = one.facts
    if one.entity.kind == "value":
        return f"{facts.name} {'is not' if one.negated else 'is'} {one.entity.value}"
    if one.failed:
        return f"{facts.name} is false"
    return f"{'without ' if one.negated else ''}{facts.name}"
