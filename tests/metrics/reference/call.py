"""One conversation as questions see it: every field by name, out of its events."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from tests import reference
from tests.metrics.reference.streams import counting
from tests.metrics.reference.values import MISSING, NOT_WRITTEN, NULL, Cell, Metric, written

Event = dict[str, Any]
LISTS = ("tags", "functions", "function_failures", "flows", "steps")


class Call:
    """``told``: its events as acknowledged, with ``arrival``; ``registry``: metrics by name."""

    def __init__(self, id_: str, told: list[Event], registry: dict[str, Metric]) -> None:
        self.id = id_
        in_order = sorted(told, key=lambda e: (e["at"], e["seq"], e["arrival"]))
        self.shown = reference.Shown(counting(in_order))
        self.registry = registry
        self.started_at = self.shown.started_at
        self.number: str = self.shown.fact("from_number") or ""
        self.zone = ZoneInfo("UTC")
        """Of the query that is being answered."""
        self.siblings: list[Call] = []
        """All conversations of the project."""
        self.settings: dict[str, Any] = {}
        """How the project's numbers are counted."""
        self.builtins = self._builtins()

    def writes(self, name: str, source: str | None = None) -> list[Event]:
        """Those of this name that stand, in order; where one of a source is write_once, its first alone."""
        return [
            e for e in reference.standing(self.shown) if e["name"] == name and source in (None, e["source"])
        ]

    def metric(self, name: str, source: str | None = None) -> Cell:
        """The value that counts: the last of the highest source that wrote, or of the one named."""
        writes = reference.highest(self.writes(name, source))
        return written(writes[-1], self.registry.get(name)) if writes else NOT_WRITTEN

    def words(self, speaker: str | None) -> list[set[str]]:
        """Of each utterance its words, divided at everything that is no letter or digit."""
        return [
            set("".join(c if c.isalnum() else " " for c in turn["text"].lower()).split())
            for turn in self.shown.turns
            if speaker in (None, turn["speaker"])
        ]

    def path(self, top: Any, path: list[str]) -> Cell:
        """A value inside of a JSON object; objects and lists have no value of their own."""
        for key in path:
            top = top.get(key, MISSING) if isinstance(top, dict) else MISSING
        if top is MISSING or top is None or isinstance(top, dict | list):
            return NULL
        return Cell("known", top, "natural")

    def _builtins(self) -> dict[str, Cell]:
        row = reference.columns(self.shown, {})
        row = {name: value for name, value in row.items() if name not in self.shown.metrics}
        row |= {"functions": row["function_names"], "variant": row["variant_name"]}
        # An empty text is how a column says that nothing is known.
        return {name: NULL if value in (None, "") else Cell("known", value) for name, value in row.items()}
