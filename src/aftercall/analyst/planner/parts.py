"""A question taken apart: everything that was found in it, before it is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aftercall.analyst.planner import conditions, times, wanted
from aftercall.analyst.planner.conditions import Clause
from aftercall.analyst.planner.match import match
from aftercall.analyst.planner.roles import Cues, Named, condition, named, negation, shown
from aftercall.analyst.planner.times import When
from aftercall.analyst.planner.tokens import Text
from aftercall.analyst.planner.vocabulary import Vocabulary
from aftercall.analyst.planner.wanted import Wanted
from aftercall.analyst.planner.words import HARMLESS

_PER = frozenset(["call", "calls", "conversation", "caller", "person", "customer", "patient"])
Where = dict[str, Any]


@dataclass(frozen=True)
class Test:
    """A condition with its place. ``one``: the name it is made of."""

    at: tuple[int, int]
    where: Where
    means: str
    one: Named | None = None

    @property
    def is_value(self) -> bool:
        return self.one is not None and self.one.entity.kind == "value"


@dataclass
class Parts:
    text: Text
    when: When
    wanted: Wanted
    clauses: list[Clause] = field(default_factory=list)
    names: list[Named] = field(default_factory=list)

    def tests(self, names: Sequence[Named]) -> list[Test]:
        """Conditions of these names and of all clauses, in the order of the question."""
        found = [Test(one.at, condition(one), shown(one), one) for one in names]
        found += [Test(one.at, one.where, one.means) for one in self.clauses]
        return sorted(found, key=lambda one: one.at)

    def unknown(self) -> list[int]:
        """Tokens that have found no meaning, and that could change it."""
        return [*self._rows_by_nothing(), *self._strange()]

    def _rows_by_nothing(self) -> list[int]:
        """ "calls per agent": there are no agents to make rows of."""
        tokens, taken = self.text.tokens, self.text.taken
        return [
            i + 1
            for i in range(len(tokens) - 1)
            if tokens[i].word == "per" and not (taken[i] or taken[i + 1]) and tokens[i + 1].word not in _PER
        ]

    def _strange(self) -> list[int]:
        return [
            i
            for i, token in enumerate(self.text.tokens)
            if not self.text.taken[i]
            and (token.kind not in ("word", "sign") or token.word not in HARMLESS)
            and not (token.kind == "sign" and token.word in ("&", "/"))
        ]


def take_apart(text: Text, vocabulary: Vocabulary, today: Any) -> Parts:
    """Takes the tokens as it goes: time first, then what is wanted, then what was said, then names."""
    when = times.find(text, today)
    said = conditions.mentions(text, vocabulary.happenings)
    asked = wanted.find(text)
    found = match(text, vocabulary, Cues(text, asked))
    compared, left = conditions.comparisons(text, found)
    names = named(text, left, asked)
    clauses = [_negated(text, clause) for clause in [*said, *compared]]
    return Parts(text, when, asked, clauses, names)


def _negated(text: Text, clause: Clause) -> Clause:
    negated, _ = negation(text, *clause.at, fails=False)
    if not negated:
        return clause
    return Clause(clause.at, {"not": clause.where}, f"not: {clause.means}", clause.facts)
