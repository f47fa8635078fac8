"""Deep sampling: for "why" and "what about", conversations are drawn, read in batches, and told of.

It says how large the pool is, how and by which seed was drawn, and how many were read; each theme is counted
in the sample and estimated for the pool, and quoted from real turns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aftercall.analyst.access import Access, Transcript
from aftercall.analyst.sampling import Estimate, estimate
from aftercall.analyst.themes import Theme, themes
from aftercall.analyst.tools.draw import draw
from aftercall.metrics.query import Query

SIZE = 200
BATCH = 20
Progress = Callable[[int, int], bool]
"""(read, of) after each batch; False ends the reading, and what was read is told of."""


@dataclass(frozen=True)
class Counted:
    """``estimate``: of the pool. ``exact``: the Query that counts its first term in the whole pool."""

    theme: Theme
    estimate: Estimate
    exact: Query


@dataclass(frozen=True)
class Reading:
    pool: int
    read: int
    strategy: str
    seed: int
    query: Query
    themes: list[Counted]
    ids: list[str]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        counted = [
            {
                "terms": list(one.theme.terms),
                "conversation_ids": list(one.theme.conversation_ids),
                "quotes": [vars(quote) for quote in one.theme.quotes],
                "found": one.estimate.found,
                "share": one.estimate.share,
                "low": one.estimate.low,
                "high": one.estimate.high,
                "level": one.estimate.level,
                "exact": one.estimate.exact,
                "exact_query": one.exact.plain(),
            }
            for one in self.themes
        ]
        told = {name: getattr(self, name) for name in ("pool", "read", "strategy", "seed", "ids")}
        return {**told, "query": self.query.plain(), "themes": counted}


def read(
    access: Access,
    query: Query,
    *,
    size: int = SIZE,
    seed: int = 0,
    progress: Progress = lambda _read, _of: True,
) -> Reading:
    """Raises as ``Access.ask`` and ``Access.read``."""
    drawn = draw(access, query, size, seed=seed)
    ids = drawn.ids
    told: list[Transcript] = []
    for first in range(0, len(ids), BATCH):
        told += [access.read(conversation_id) for conversation_id in ids[first : first + BATCH]]
        if not progress(len(told), len(ids)):
            break
    counted = [
        Counted(
            theme,
            estimate(len(theme.conversation_ids), len(told), max(drawn.pool, len(told))),
            _exactly(drawn.query, theme.terms[0]),
        )
        for theme in themes(told)
    ]
    read_ids = [one.conversation_id for one in told]
    return Reading(drawn.pool, len(told), drawn.strategy, seed, drawn.query, counted, read_ids)


def _exactly(query: Query, term: str) -> Query:
    said = {"field": "transcript", "op": "contains", "value": term, "speaker": "user"}
    return Query.read({**query.plain(), "where": [*query.plain().get("where", []), said]})
