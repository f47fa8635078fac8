"""The parts of a question put together: a Frame, which is a Query in the making."""

from __future__ import annotations

import re
from typing import Any

from aftercall.analyst.planner.either import either
from aftercall.analyst.planner.frame import Frame
from aftercall.analyst.planner.measured import Measured
from aftercall.analyst.planner.plan import Refused
from aftercall.analyst.planner.roles import Named

_LENGTH = frozenset(["longest", "shortest"])
_SPEED = frozenset(["slowest", "fastest"])
_JUDGED = frozenset(["best", "worst", "strongest", "weakest"])
_COUNTED = frozenset(["busiest", "quietest"])


class Builder(Measured):
    """Raises Refused where the parts make no question."""

    def build(self) -> Frame:
        self._who()
        self._versus()
        clock = self._clock_group()
        number = self._number()
        tests = self.parts.tests([one for one in self._names if one is not number])
        tests = either(self.text, tests)
        self._grouped(clock)
        self._measured(number, tests)
        self.frame.filters += self.time_filters
        self.frame.over, self.frame.interval = self.parts.when.over, self.parts.when.interval
        self._ranked(number)
        self._kind(number)
        self.frame.booleans = frozenset(
            one.facts.name for one in self.parts.names if one.facts.type == "boolean"
        )
        return self.frame

    def _who(self) -> None:
        self.frame.noun = self.wanted.noun or "conversations"

    def _ranked(self, number: Named | None) -> None:
        frame, wanted = self.frame, self.wanted
        frame.order = wanted.order
        if wanted.top and not frame.groups:
            if self._lists():
                return
            raise Refused(
                "unclear", "The most common what? Name what to rank: a reason, an insurer, a variant."
            )
        if wanted.superlative in _JUDGED:
            frame.order = self._judged(number)
        frame.top = wanted.top
        frame.limit = wanted.limit
        if wanted.superlative and frame.groups and frame.limit is None:
            frame.top, frame.limit = True, 1
        elif wanted.superlative and frame.groups:
            frame.top = True

    def _judged(self, number: Named | None) -> Any:
        """Best is highest where more is better."""
        names = (
            [number] if number is not None else [one for one in self._names if one.facts.type == "boolean"]
        )
        better = {one.facts.better for one in names}
        if better not in ({"up"}, {"down"}):
            raise Refused(
                "opinion",
                f"Whether more or less is {self.wanted.superlative} is not in the registry: ask for the"
                " highest or the lowest, or set the metric's `better`.",
            )
        up = (better == {"up"}) == (self.wanted.superlative in ("best", "strongest"))
        return "desc" if up else "asc"

    def _kind(self, number: Named | None) -> None:
        frame = self.frame
        if self.wanted.why:
            frame.kind = "why"
        elif self.wanted.superlative and not frame.groups:
            self._most_of_calls(number)
        elif self._lists():
            frame.kind, frame.limit = "list", self.wanted.recent or None

    def _most_of_calls(self, number: Named | None) -> None:
        """ "the longest calls": rows are conversations, by their number."""
        frame, word = self.frame, self.wanted.superlative
        if number is None and word in _LENGTH:
            frame.metric = "duration"
        elif number is None and word in _SPEED:
            frame.metric = "agent_latency"
        elif number is None:
            raise Refused(
                "unclear", f"The {word} what? Name a metric, or what to compare: which variant, which day."
            )
        if number is not None and not self._lists_ranked():
            return
        singular = re.search(
            rf"\b{word} (?:call|conversation|chat)\b|\b(?:which|what) (?:call|conversation)\b", self.text.line
        )
        frame.groups = [{"field": "conversation_id"}]
        frame.agg = "max" if frame.order == "desc" else "min"
        frame.top, frame.limit = True, frame.limit or (1 if singular else 10)
        if frame.subject:
            frame.filters += frame.subject
            frame.subject = []
