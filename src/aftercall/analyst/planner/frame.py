"""What is asked for, apart from words: the parts that a Query is made of, and that a follow-up changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Where = dict[str, Any]
_NO_ROW_LIMIT = 10
_ALWAYS = frozenset(("started_at", "conversation_id", "hour_of_day", "day_of_week"))
"""Fields that every conversation has."""


@dataclass
class Frame:
    """``subject``: what is counted or shared; ``filters``: of which conversations. ``agg``: count, rate,
    distinct, value, or one of a number. ``metric``: of a number. ``top``: by how many, the first few."""

    kind: Literal["number", "list", "why"] = "number"
    agg: str = "count"
    metric: str = ""
    several: list[dict[str, Any]] = field(default_factory=list)
    """Measures that stand beside each other, instead of the one that the rest makes."""
    noun: Literal["conversations", "callers"] = "conversations"
    subject: list[Where] = field(default_factory=list)
    filters: list[Where] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    over: dict[str, Any] | None = None
    interval: str | None = None
    compare: str | None = None
    order: Literal["asc", "desc"] | None = None
    limit: int | None = None
    top: bool = False
    divide: dict[str, Any] | None = None
    mean: bool = False
    """The mean of the buckets is wanted, not each of them."""
    booleans: frozenset[str] = frozenset()
    """Fields in the conditions that are true or false: these have rates of their own."""

    def plain(self) -> dict[str, Any]:
        """As JSON, of which ``read`` makes it again: a chat is kept between questions."""
        return {**asdict(self), "booleans": sorted(self.booleans)}

    @classmethod
    def read(cls, told: dict[str, Any]) -> Frame:
        """Raises TypeError for an object that is none."""
        return cls(**{**told, "booleans": frozenset(told["booleans"])})

    def query(self) -> dict[str, Any]:
        """As JSON of a metrics.Query."""
        made: dict[str, Any] = {"measures": self.several or [self._measure()]}
        where = [*self.filters, *([] if self._narrows_itself else self.subject)]
        if self.top and self.groups:
            field = self.groups[0]["field"]
            where += [] if field in _ALWAYS else [{"field": field, "op": "exists"}]
        made["where"] = where
        if self.over is not None:
            made["over"] = self.over
        if self.groups:
            made["by"] = [group["field"] if set(group) == {"field"} else group for group in self.groups]
        for name in ("interval", "compare"):
            if getattr(self, name) is not None:
                made[name] = getattr(self, name)
        if self.groups and (self.limit or self.top):
            made["limit"] = self.limit or _NO_ROW_LIMIT
        if self.groups and self.order == "asc":
            made["sort"] = [{"field": "value" if self._aliased else self._alias, "order": "asc"}]
        return {name: value for name, value in made.items() if value not in ([], None)}

    @property
    def _narrows_itself(self) -> bool:
        return (self.agg == "rate" or self.divide is not None) and bool(self.subject)

    @property
    def _aliased(self) -> bool:
        return self.agg in ("rate", "distinct") or bool(self.divide)

    @property
    def _alias(self) -> str:
        if self.agg == "count":
            return self.noun
        return self.metric if self.agg == "value" else f"{self.metric}.{self.agg}"

    def _measure(self) -> dict[str, Any]:
        made = self._plain_measure()
        if self._aliased and self.order == "asc":
            made["as"] = "value"
        if self.divide is None:
            return made
        narrowed = {"where": self.subject} if self.subject and self.agg == "count" else {}
        return {**made, **narrowed, "divide_by": self.divide}

    def _plain_measure(self) -> dict[str, Any]:
        if self.agg == "rate":
            return rate_of(self.subject, self.booleans)
        if self.agg == "count":
            return {"metric": self.noun}
        if self.agg == "value":
            return {"metric": self.metric}
        return {"metric": self.metric, "agg": self.agg}


def rate_of(subject: list[Where], booleans: frozenset[str]) -> dict[str, Any]:
    """The metric's own rate where one condition says it; else the share of all conversations."""
    if len(subject) == 1:
        (one,) = subject
        if one.get("op") == "flagged" and one["field"] in booleans:
            return {"metric": one["field"], "agg": "rate"}
        if one.get("op") == "eq" and isinstance(one["value"], str):
            return {"metric": one["field"], "agg": "rate", "value": one["value"]}
    return {"metric": "conversations", "agg": "rate", "where": subject}
