"""A sample of the conversations that a query is of, without replacement, by a seed that is told.

No tool may number conversations by itself, so a place in the pool is found by counting: the query by hours
says how many conversations each hour has, and the drawn places of an hour are read off its list.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aftercall.analyst.access import Access
from aftercall.metrics.answer import Row
from aftercall.metrics.query import Drill, Query
from aftercall.metrics.strict import refusal
from aftercall.model.times import parse_ms

_PAGE = 1_000
_FINE = ("hour", "day", "month")
_MOST_BUCKETS = 9_000
_HOURS = {"hour": 1, "day": 24, "month": 24 * 28}


@dataclass(frozen=True)
class Stratum:
    """``value`` is of the field by which was drawn (None also where it is unknown)."""

    value: Any
    pool: int
    ids: list[str]


@dataclass(frozen=True)
class Drawn:
    """``pool``: how many conversations the query is of; the same arguments draw the same ids as long as no
    further conversation enters the pool. ``query`` has its time fixed."""

    pool: int
    strategy: str
    seed: int
    strata: list[Stratum]
    query: Query

    @property
    def ids(self) -> list[str]:
        return [id_ for stratum in self.strata for id_ in stratum.ids]


def draw(
    access: Access, query: Query, size: int, *, strategy: str = "random", by: str | None = None, seed: int = 0
) -> Drawn:
    """Raises QueryInvalid, and as ``Access.ask``."""
    if (by is None) != (strategy == "random"):
        raise refusal(
            "by", "and a stratified or equal strategy belong together: give both, or neither of them"
        )
    chance = random.Random(seed)
    plain = query.model_copy(update={"by": [], "interval": None, "compare": None, "sort": [], "limit": None})
    plain = plain.model_copy(update={"measures": [], "having": [], "other": False, "divide_by": None})
    plain = Query.read({key: value for key, value in plain.plain().items() if key != "measures"})
    told = access.ask(plain)
    fixed = Query.read(told.drill["query"])
    pool = told.population.conversations
    if by is None:
        ids = _drawn(access, fixed, {}, pool, min(size, pool), chance)
        return Drawn(pool, strategy, seed, [Stratum(None, pool, ids)], fixed)
    grouped = Query.read({**fixed.plain(), "by": [{"field": by, "as": "stratum"}]})
    rows = access.ask(grouped).rows
    counts = [int(row["conversations"]) for row in rows]
    shares = _proportional(counts, size) if strategy == "stratified" else _equal(counts, size)
    strata = [
        Stratum(row["stratum"], count, _drawn(access, grouped, row, count, share, chance))
        for row, count, share in zip(rows, counts, shares, strict=True)
    ]
    return Drawn(pool, strategy, seed, strata, fixed)


def _proportional(counts: Sequence[int], size: int) -> list[int]:
    """By largest remainders; nobody is left out as long as there are places."""
    whole = sum(counts)
    if size >= whole:
        return list(counts)
    exact = [count * size / whole for count in counts]
    shares = [min(count, max(int(share), 1)) for count, share in zip(counts, exact, strict=True)]
    order = sorted(range(len(counts)), key=lambda i: (exact[i] - shares[i], counts[i]), reverse=True)
    for i in order:
        shares[i] += sum(shares) < size and shares[i] < counts[i]
    for i in sorted(range(len(counts)), key=lambda i: exact[i] - shares[i]):
        while sum(shares) > size and shares[i] > 1:
            shares[i] -= 1
    return shares


def _equal(counts: Sequence[int], size: int) -> list[int]:
    """One after the other gets one more, until the places or the conversations are gone."""
    shares = [0] * len(counts)
    while sum(shares) < min(size, sum(counts)):
        for i, count in enumerate(counts):
            shares[i] += shares[i] < count and sum(shares) < size
    return shares


def _drawn(access: Access, query: Query, row: Row, pool: int, size: int, chance: random.Random) -> list[str]:
    places = sorted(chance.sample(range(pool), size))
    key = {name: value for name, value in row.items() if name == "stratum"}
    if not places:
        return []
    if pool <= 2 * _PAGE:
        return _read_off(access, query, key, places)
    interval = _interval(access, query)
    courses = Query.read({**query.plain(), "interval": interval})
    ids: list[str] = []
    before = 0
    for bucket in access.ask(courses).rows:
        if any(bucket.get(name) != value for name, value in key.items()):
            continue
        count = int(bucket["conversations"])
        here = [place - before for place in places if before <= place < before + count]
        before += count
        if here:
            ids += _read_off(access, courses, {**key, "bucket": bucket["bucket"]}, here)
    return ids


def _interval(access: Access, query: Query) -> str:
    """The finest one whose buckets an answer can hold."""
    told = access.ask(Query.read({**query.plain(), "by": []})).population
    hours = (parse_ms(told.to) - parse_ms(told.since)) / 3_600_000
    groups = 50 if query.by else 1
    return next((name for name in _FINE if hours / _HOURS[name] * groups < _MOST_BUCKETS), "year")


def _read_off(access: Access, query: Query, row: Row, places: Sequence[int]) -> list[str]:
    """The conversations at these places, from 0, of a cell's list."""
    ids: list[str] = []
    cursor: str | None = None
    while len(ids) <= places[-1]:
        left = places[-1] + 1 - len(ids)
        drill = Drill(query=query, row=dict(row), limit=min(left, _PAGE), cursor=cursor)
        page = access.behind(drill)
        ids += [one.id for one in page.conversations]
        cursor = page.cursor
        if cursor is None:
            break
    return [ids[place] for place in places if place < len(ids)]
