"""Shares: which of the conditions are counted, and which say of which conversations."""

from __future__ import annotations

from aftercall.analyst.planner.asked import Asked
from aftercall.analyst.planner.parts import Test
from aftercall.analyst.planner.plan import Alternative, Refused
from aftercall.analyst.planner.roles import word_before
from aftercall.analyst.planner.words import VERBS

_HAVING = frozenset(["a", "an", "any", "with", "have", "had", "has", "having"])
_PLACES = frozenset(["in", "for", "on", "from", "during", "within"])
_PREPOSITIONS = frozenset(
    [
        "for",
        "in",
        "on",
        "about",
        "among",
        "with",
        "when",
        "where",
        "during",
        "from",
        "if",
        "regarding",
        "while",
        "amongst",
        "within",
    ]
)


class Shares(Asked):
    """Sets ``frame.subject`` of a rate."""

    def _share(self, tests: list[Test]) -> None:
        self.frame.agg = "rate"
        if not tests and self.time_filters:  # "what share of calls is on weekends"
            self.frame.subject, self.time_filters = self.time_filters, []
            return
        if not tests:
            raise Refused(
                "unclear", "A share of what? Name what is to be counted: a metric, a reason, a word."
            )
        shared = self._numerators(tests)
        self._check_values(shared)
        self.frame.subject = [one.where for one in shared]
        self.roles += [(one.at, "measure", f"the share with {one.means}") for one in shared]
        self._filter([one for one in tests if one not in shared])

    def _numerators(self, tests: list[Test]) -> list[Test]:
        """Which of the conditions are counted; the others say of which conversations."""
        if len(tests) == 1:
            return tests
        if self._rate_at is not None:
            near = [one for one in tests if one.at[1] == self._rate_at]
            behind = [one for one in tests if one.at[0] > self._rate_at]
            if near:
                return near[-1:]
            return (behind or tests)[:1]
        before = [one for one in tests if one.at[1] <= self.wanted.agg_at]
        behind = [one for one in tests if one.at[0] >= self.wanted.agg_end]
        if before and behind:  # "of those who asked for a human, what share booked"
            return self._joined(behind)
        verb = self._verb(tests)
        if verb is not None:
            after = [one for one in tests if one.at[0] > verb]
            if after and len(after) < len(tests):
                return self._joined(after)
            if after:
                return self._joined(after)
        adjectives = [one for one in tests if self._is_adjective(one)]
        rest = [one for one in tests if one not in adjectives] or tests
        if self.wanted.of:
            said = [one for one in rest if self._word_before(one) not in _PLACES]
            return (said or rest)[-1:]
        return self._joined(rest)

    def _rate_word(self, tests: list[Test]) -> str | None:
        """The word rate: "booking rate", "the rate of handoffs", also within a name."""
        for one in self._names:
            said = {self.text.tokens[i].word for i in one.found.at}
            if one.facts.type == "boolean" and said & {"rate", "rates"}:
                self._rate_at = one.at[1]
                return "rate"
        for i, token in enumerate(self.text.tokens):
            if token.word in ("rate", "rates", "ratio", "percentage") and not self.text.taken[i]:
                self.text.taken[i] = True
                if not tests:
                    self._nothing_shared()
                    continue
                self._rate_at = i
                self.roles.append(((i, i + 1), "measure", "as a share"))
                return "rate"
        return None

    def _check_values(self, shared: list[Test]) -> None:
        """ "The resolution rate": of which of its values?"""
        for one in shared:
            named = one.one
            if named is None or named.entity.kind == "value" or named.facts.type != "categorical":
                continue
            if word_before(self.text, one.at[0]) in _HAVING:
                continue
            name, options = named.facts.name, named.facts.options
            raise Refused(
                "unclear",
                f"A share of which {name}? It can be {', '.join(options[:10])}.",
                [Alternative(f"What percentage of calls had {name} {option}?") for option in options[:4]],
            )

    def _nothing_shared(self) -> None:
        """ "the rate by variant": of what? A ratio is one by itself."""
        if not any(one.entity.is_ratio or one.entity.is_numeric for one in self._names):
            raise Refused(
                "unclear", "A rate of what? Name what is to be counted: a metric, a reason, a word."
            )

    def _verb(self, tests: list[Test]) -> int | None:
        """The verb behind the first noun: what stands behind it is said of what stands before."""
        if not self.wanted.of:
            return None
        nouns = [end for _, end in self.wanted.noun_at if end > self.wanted.agg_end]
        nouns += [one.at[1] for one in tests if one.at[0] >= self.wanted.agg_end]
        start = min(nouns, default=self.wanted.agg_end)
        for i in range(start, len(self.text.tokens)):
            if self.text.tokens[i].word in VERBS and not self.text.taken[i]:
                return i
        return None

    def _joined(self, tests: list[Test]) -> list[Test]:
        """The first, and those after it up to a preposition."""
        found = tests[:1]
        for one in tests[1:]:
            between = {self.text.tokens[i].word for i in range(found[-1].at[1], one.at[0])}
            first = {self.text.tokens[i].word for i in range(*one.at)}
            if (
                between & _PREPOSITIONS
                or (first & _PREPOSITIONS and not one.is_value)
                or self._is_adjective(one)
            ):
                break
            found.append(one)
        return found

    def _word_before(self, one: Test) -> str:
        words = {self.text.tokens[i].word for i in range(*one.at)}
        return next(iter(words & _PLACES), "") if not one.one else word_before(self.text, one.at[0])
