"""What rows are made by: fields, values that are compared, parts of the time."""

from __future__ import annotations

import re
from typing import Any

from aftercall.analyst.planner.asked import Asked
from aftercall.analyst.planner.parts import Test
from aftercall.analyst.planner.plan import Alternative, Refused
from aftercall.analyst.planner.roles import Named, word_before
from aftercall.analyst.planner.vocabulary import is_participle, words_of

_CLOCK: tuple[tuple[str, dict[str, Any]], ...] = (
    (r"day of (?:the )?week|weekday|week day", {"field": "day_of_week"}),
    (r"hour of (?:the )?day|time of (?:the )?day|hours?|times?(?= of day)?", {"field": "hour_of_day"}),
    (r"day|date", {"field": "started_at", "bucket": "day", "as": "day"}),
    (r"week", {"field": "started_at", "bucket": "week", "as": "week"}),
    (r"month", {"field": "started_at", "bucket": "month", "as": "month"}),
)
_HAVING = frozenset(
    ["with", "where", "has", "had", "have", "having", "that", "without", "an", "any", "when", "of"]
)


_ASKED = (
    r"(?:which|what|busiest|quietest|slowest|best|worst|at what|on what|peak|on which|by|per|during which"
    r"|during what)(?: (?:is|was|are|were))?(?: the| our)?(?: (?:busiest|quietest|peak|slowest))?"
)


class Rows(Asked):
    """Sets ``frame.groups``."""

    def _versus(self) -> None:
        """ "voice vs chat": rows for both, of these only."""
        values = [one for one in self._names if one.entity.kind == "value" and not one.negated]
        fields: dict[str, list[Named]] = {}
        for one in values:
            fields.setdefault(one.facts.name, []).append(one)
        for field, several in fields.items():
            if len(several) < 2 or not (self.wanted.compare is not None or _says(self.text, "between")):
                continue
            op = "in"
            where = {"field": field, "op": op, "value": [one.entity.value for one in several]}
            self.frame.filters.append(where)
            self.frame.groups.append({"field": field})
            self._names = [one for one in self._names if one not in several]
            self.wanted.compare = None
            for one in several:
                self.roles.append((one.at, "by", f"{field}: {one.entity.value}"))

    def _grouped(self, clock: dict[str, Any] | None) -> None:
        self.frame.groups += [{"field": one.facts.name} for one in self._groups]
        self.roles += [(one.at, "by", f"for each {one.facts.name}") for one in self._groups]
        if clock is not None:
            self.frame.groups.append(clock)
        ranked = bool(self.wanted.superlative) and not self._lists_ranked()
        wants_groups = self.wanted.top or ranked or self.wanted.compare is not None
        if wants_groups and not self.frame.groups and not self.parts.when.second and not self.wanted.before:
            self._promote()
        if len(self.frame.groups) > 3:
            raise Refused("unclear", "Rows can be made by three things at most.")

    def _promote(self) -> None:
        """ "the top reasons", with other words between: the first that can be grouped by."""
        for one in self._names:
            if one.entity.is_groupable and one.facts.type != "boolean":
                self._names.remove(one)
                self._groups.append(one)
                self.frame.groups.append({"field": one.facts.name})
                self.roles.append((one.at, "by", f"for each {one.facts.name}"))
                return

    def _clock_group(self) -> dict[str, Any] | None:
        """Which day, the busiest hour, by hour: rows by a part of the time of the start."""
        line = self.text.line
        for pattern, group in _CLOCK:
            asked = rf"{_ASKED} (?:{pattern})s?\b"
            for found in re.finditer(asked, line):
                if not (
                    self.wanted.superlative
                    or " by " in f" {found.group()}"
                    or "per " in found.group()
                    or "peak" in line
                ):
                    continue
                span = self.text.span(found)
                if span is None or not self._may_be_clock(span, group["field"]):
                    continue
                if group["field"] == "hour_of_day" and self._is_short() and "by " in found.group():
                    self.parts.when.interval = "hour"
                    return None
                if "peak" in line and self.wanted.agg == "max":
                    self.wanted.agg, self.wanted.superlative, self.wanted.order = None, "most", "desc"
                if any(one.group and one.facts.name == group["field"] for one in self._groups):
                    return None
                self._names = [one for one in self._names if one.facts.name != group["field"]]
                self.text.take(*span)
                self.roles.append((span, "by", f"for each {group.get('bucket', group['field'])}"))
                return group
        return None

    def _may_be_clock(self, span: tuple[int, int], field: str) -> bool:
        """No word of it has another meaning: it is free, of the superlative, or the field's own name."""
        own = {i for one in self.parts.names if one.facts.name == field for i in one.found.at}
        ranks = {i for first, end, role, _ in self.wanted.spans if role == "sort" for i in range(first, end)}
        last = span[1] - 1
        taken = [i for i in range(*span) if self.text.taken[i] and i not in own | ranks]
        return not taken and (last in own or not self.text.taken[last])

    def _is_short(self) -> bool:
        over = self.parts.when.over or {}
        return over.get("preset") in ("today", "yesterday") or over.get("last") in ("24h", "1d", "48h", "2d")

    def _spreads(self, one: Test) -> bool:
        """ "sentiment by variant": a bare name with values is what rows are made by."""
        named = one.one
        if (
            named is None
            or named.entity.kind == "value"
            or named.facts.type not in ("categorical", "text", "list")
        ):
            return False
        if is_participle(words_of(named.facts.name)[-1]):  # "how many payments were declined"
            return False
        if named.negated or word_before(self.text, one.at[0]) in _HAVING or self._lists():
            return False
        first = {self.text.tokens[i].word for i in range(max(0, one.at[0] - 1), one.at[0])}
        if first & {"a", "an", "any"}:
            return False
        if self.wanted.agg in ("count", "total") and 0 <= one.at[0] - self.wanted.agg_end <= 1:
            name = named.facts.name
            raise Refused(
                "unclear",
                f"How many different values of {name}, or how many calls that have one?",
                [
                    Alternative(f"How many different {name}?", "its values"),
                    Alternative(f"How many calls had a {name}?", "the calls"),
                ],
            )
        if self.frame.several or (self.wanted.agg == "count" and not self._groups):
            return False
        self.frame.groups.append({"field": named.facts.name})
        self.roles.append((one.at, "by", f"for each {named.facts.name}"))
        return True


def _says(text: Any, word: str) -> bool:
    return any(token.word == word for token in text.tokens)
