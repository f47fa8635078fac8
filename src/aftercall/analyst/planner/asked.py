"""What all steps of putting a question together work on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aftercall.analyst.planner.frame import Frame
from aftercall.analyst.planner.parts import Parts, Test


class Asked:
    """The parts, and the frame in the making. ``roles``: which tokens became what, for people."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.text, self.wanted = parts, parts.text, parts.wanted
        self.frame = Frame()
        self.roles: list[tuple[tuple[int, int], str, str]] = []
        self._groups = [one for one in parts.names if one.group]
        self._names = [one for one in parts.names if not one.group]
        self.time_filters = list(parts.when.where)
        self._rate_at: int | None = None
        """Where the word rate stands."""

    def _filter(self, tests: Sequence[Test]) -> None:
        self.frame.filters += [one.where for one in tests]
        self.roles += [(one.at, "where", one.means) for one in tests]

    def _lists(self) -> bool:
        wanted = self.wanted
        named = {i for one in self.parts.names for i in one.found.at}
        calls = any(
            self.text.tokens[i].word
            in (
                "calls",
                "conversations",
                "chats",
                "call",
                "conversation",
                "callers",
                "ones",
                "dialogs",
                "examples",
                "people",
                "customers",
                "patients",
            )
            for i in range(len(self.text.tokens))
            if i not in named or self.text.tokens[i].word == "chats"
        )
        asks = calls and (wanted.which_calls or wanted.show)
        return (
            asks
            and wanted.agg is None
            and self._rate_at is None
            and not self._groups
            and not self.parts.when.interval
            and not self.parts.when.trend
            and wanted.compare is None
            and not wanted.change
            and not re.search(r"\b(?:rate|rates|number|count|volume)\b", self.text.line)
        )

    def _lists_ranked(self) -> bool:
        named = {i for one in self.parts.names for i in one.found.at}
        return bool(self.wanted.superlative) and any(
            self.text.tokens[i].word in ("calls", "conversations", "call", "conversation")
            for i in range(len(self.text.tokens))
            if i not in named
        )

    def _is_adjective(self, one: Test) -> bool:
        """ "billing calls": it says of which calls."""
        after = self.text.tokens[one.at[1]].word if one.at[1] < len(self.text.tokens) else ""
        return one.is_value and after in (
            "calls",
            "callers",
            "call",
            "caller",
            "conversations",
            "people",
            "customers",
        )
