"""What is measured: a number, a count, a share, several, one divided by another."""

from __future__ import annotations

import itertools
import re

from aftercall.analyst.planner.parts import Test
from aftercall.analyst.planner.plan import Refused
from aftercall.analyst.planner.roles import Named, word_before
from aftercall.analyst.planner.rows import Rows
from aftercall.analyst.planner.shares import Shares
from aftercall.metrics.facts import Facts

_NUMERIC_AGGS = frozenset(("avg", "sum", "min", "max", "p50", "p95", "p99"))
_OF_CALLS = frozenset(["with", "where", "that", "who", "which", "had", "having", "when", "both", "without"])
_SAID = {
    "avg": "The average",
    "sum": "How much",
    "min": "The lowest",
    "max": "The highest",
    "p50": "The median",
}


class Measured(Rows, Shares):
    """Sets ``frame.agg``, ``metric``, ``subject`` and ``filters``."""

    def _number(self) -> Named | None:
        """The numeric metric or ratio that is asked for; conditions are all others."""
        wanted = self.wanted
        candidates = [one for one in self._names if one.entity.is_numeric or one.entity.is_ratio]
        if not candidates:
            return None
        if wanted.counted_end >= 0 and self.parts.when.interval is not None:
            candidates = [one for one in candidates if 0 <= one.at[0] - wanted.counted_end <= 1]
            return candidates[0] if candidates else None
        if wanted.agg in ("rate", "distinct"):
            ratio = [one for one in candidates if one.entity.is_ratio]
            return ratio[0] if ratio else None
        if wanted.agg == "count":
            nouns = {first for first, _ in wanted.noun_at}
            near = [
                one
                for one in candidates
                if 0 <= one.at[0] - wanted.agg_end <= 1 and not nouns & set(range(wanted.agg_end, one.at[0]))
            ]
            return near[0] if near else next((one for one in candidates if one.entity.is_ratio), None)
        if self._lists() and not wanted.superlative:
            return None
        behind = [one for one in candidates if one.at[0] >= wanted.agg_end]
        return (behind or candidates)[0]

    def _measured(self, number: Named | None, tests: list[Test]) -> None:
        frame, wanted = self.frame, self.wanted
        agg = self._rate_word(tests) or wanted.agg
        agg = None if "ratio of" in self.text.line and agg == "rate" else agg
        if self._is_ratio(tests):
            pass
        elif number is not None:
            self._of_number(number, tests, agg)
        elif wanted.how_long:
            frame.agg, frame.metric = "avg", "duration"
            self._filter(tests)
        elif agg == "rate":
            self._share(tests)
        elif agg == "distinct":
            self._distinct(tests)
        elif self._several(tests):
            pass
        elif agg in _NUMERIC_AGGS and not self._counts_per_time(agg):
            self._without_number(agg, tests)
        elif agg == "percentile":
            raise Refused(
                "unclear", "Percentiles that can be asked for are the median, the 95th and the 99th."
            )
        else:
            frame.agg = "count"
            self._counted(tests)
        self._per(number)

    def _of_number(self, number: Named, tests: list[Test], agg: str | None) -> None:
        facts = number.facts
        if "distribution" in self.text.line and agg is None:
            self._spread_out(facts, number, tests)
            return
        self.frame.metric = facts.name
        self.frame.agg = self._agg_of(facts, agg)
        self.roles.append((number.at, "measure", facts.display_name))
        self._filter(tests)

    def _spread_out(self, facts: Facts, number: Named, tests: list[Test]) -> None:
        """ "The distribution of call duration": conversations by steps of the number."""
        width = 30 if facts.unit == "s" else 1 if facts.type == "integer" else None
        if width is None:
            raise Refused("unclear", f"In which steps? The distribution of {facts.name} needs a width.")
        self.frame.groups.append({"field": facts.name, "bucket": width})
        self.roles.append((number.at, "by", f"{facts.name} in steps of {width}"))
        self._filter(tests)

    def _is_ratio(self, tests: list[Test]) -> bool:
        """ "the ratio of X to Y": two counts, one by the other."""
        if len(tests) != 2:
            return False
        between = {self.text.tokens[i].word for i in range(tests[0].at[1], tests[1].at[0])}
        if between != {"per"} and not ("ratio of" in self.text.line and between & {"to", "and", "over"}):
            return False
        self.frame.subject = [tests[0].where]
        self.frame.divide = {"metric": "conversations", "where": [tests[1].where]}
        self.roles += [(one.at, "measure", one.means) for one in tests]
        return True

    def _several(self, tests: list[Test]) -> bool:
        """ "bookings and cancellations": each counted for itself, where nothing says of which calls."""
        if len(tests) < 2 or any(one.one is None or self._is_adjective(one) for one in tests):
            return False
        before = word_before(self.text, tests[0].at[0])
        if before in _OF_CALLS or any(first < tests[0].at[0] for first, _ in self.wanted.noun_at):
            return False
        for one, two in itertools.pairwise(tests):
            between = {self.text.tokens[i].word for i in range(one.at[1], two.at[0])}
            beside = between & {"and", "vs", "versus"}
            if not (beside and between <= {"and", "vs", "versus", "the", "of", "number"}):
                return False
        if self.parts.when.second is None and not self.wanted.before:
            self.wanted.compare = None
        names = [f"{one.one.entity.name}" for one in tests if one.one is not None]
        self.frame.several = [
            {"metric": self.frame.noun, "where": [one.where], "as": name}
            for one, name in zip(tests, names, strict=True)
        ]
        self.roles += [(one.at, "measure", one.means) for one in tests]
        return True

    def _agg_of(self, facts: Facts, agg: str | None) -> str:
        if facts.type in ("ratio", "count"):
            return "value"
        if agg in ("count", "sum", "total"):
            return "avg" if facts.unit in ("s", "%") and agg != "sum" else "sum"
        if agg in _NUMERIC_AGGS:
            return str(agg)
        if self.wanted.superlative and not (self.frame.groups or self._groups) and not self._lists_ranked():
            return "max" if self.wanted.order == "desc" else "min"
        return facts.agg

    def _distinct(self, tests: list[Test]) -> None:
        named = [one for one in tests if one.one is not None and one.at[0] >= self.wanted.agg_end]
        if self.wanted.noun == "callers" and not named:
            self._counted(tests)
            return
        if not named or named[0].one is None:
            raise Refused("unclear", "How many different what? Name a metric or a field.")
        first = named[0]
        assert first.one is not None
        self.frame.agg, self.frame.metric = "distinct", first.one.facts.name
        self.roles.append((first.at, "measure", f"different values of {first.one.facts.name}"))
        self._filter([one for one in tests if one is not first])

    def _without_number(self, agg: str, tests: list[Test]) -> None:
        if (
            agg == "avg"
            and len(tests) >= 1
            and tests[0].one is not None
            and tests[0].one.facts.type == "boolean"
        ):
            self._share(tests)
            return
        if agg == "sum" and any(one.one is not None for one in tests):
            money = "much" in self.text.line
            if not money:
                self.frame.agg = "count"
                self._counted(tests)
                return
        raise Refused("unclear", f"{_SAID.get(agg, agg)} of what? Name a metric that is a number.")

    def _counts_per_time(self, agg: str) -> bool:
        """The average number of calls per day is a mean of days."""
        if agg == "avg" and self.parts.when.interval is not None:
            self.frame.mean = True
            return True
        return agg == "total"

    def _counted(self, tests: list[Test]) -> None:
        self.frame.agg = "count"
        tests = [one for one in tests if not self._spreads(one)]
        subject = [one for one in tests if not self._is_adjective(one)] or tests
        self.frame.subject = [one.where for one in subject]
        self.roles += [(one.at, "where", one.means) for one in subject]
        self._filter([one for one in tests if one not in subject])

    def _per(self, number: Named | None) -> None:
        """ "per caller": divided by how many called."""
        found = re.search(
            r"\b(?:per|for each|for every|each|a) (caller|person|customer|patient|call|conversation)\b",
            self.text.line,
        )
        if found is None or self.wanted.agg == "rate" or self.frame.agg == "rate":
            return
        word = found.group(1)
        if found.group().startswith(("a ", "each ")):
            return
        if word in ("call", "conversation"):
            if number is not None and self.frame.agg == "sum":
                self.frame.agg = "avg"
            elif number is None and self.frame.subject:
                self.frame.agg = "rate"
            return
        if self.frame.agg in ("avg", "value"):
            if number is not None and number.facts.type == "count":
                self.frame.agg = "count"
            elif number is not None:
                self.frame.agg = "sum"
        self.frame.noun = "conversations"
        self.frame.mean = False
        self.frame.divide = {"metric": "callers"}
        if self.frame.subject or self.frame.filters:
            self.frame.divide = {"metric": "callers"}
