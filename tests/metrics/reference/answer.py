"""The plainest possible answer to a Query: out of all events of a project, one conversation after another.

Shares no code with the product. What it says is right, docs/query.md and it must agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from tests.metrics.reference import span
from tests.metrics.reference.call import Call, Event
from tests.metrics.reference.groups import OTHER, groups_of, keys, place
from tests.metrics.reference.groups import name_of as name_of_group
from tests.metrics.reference.measure import (
    base,
    base_name,
    counted,
    evaluate,
    makers,
    missing,
    name_of,
    quotient,
)
from tests.metrics.reference.values import Metric
from tests.metrics.reference.where import matches

Query = dict[str, Any]
Row = dict[str, Any]
Key = tuple[Any, ...]


class Reference:
    """``events``: as acknowledged, in that order. Answers any number of queries."""

    def __init__(
        self,
        events: list[Event],
        registry: dict[str, Metric],
        now: int,
        timezone: str,
        settings: dict[str, Any] | None = None,
    ) -> None:
        told: dict[str, dict[str, Event]] = defaultdict(dict)
        for arrival, event in enumerate(events):
            known = told[event["conversation_id"]]
            known.setdefault(event["id"], {"source": "agent", "seq": 0, **event, "arrival": arrival})
        self.calls = [
            Call(id_, list(of_one.values()), registry)
            for id_, of_one in told.items()
            if not any(event["kind"] == "erasure" for event in of_one.values())
        ]
        for call in self.calls:
            call.siblings = self.calls
            call.settings = settings or {}
        self.registry, self.now, self.timezone = registry, now, timezone

    def answer(self, query: Query) -> dict[str, Any]:
        """rows, totals, previous (rows, totals) or None, population, bases, missing."""
        zone = ZoneInfo(query.get("timezone") or self.timezone)
        for call in self.calls:
            call.zone = zone
        over = span.range_of(query.get("over", {"last": "30d"}), self.now, zone)
        here = self.population(query, over)
        rows, totals = self.table(query, here, over, zone)
        told: dict[str, Any] = {
            "rows": rows,
            "totals": totals,
            "previous": None,
            "population": len(here),
            "bases": self.bases(query, here),
            "missing": {name_of(m): missing(here, m) for m in measures(query)},
        }
        if query.get("compare"):
            days = span.whole(query.get("over", {}))
            before = span.shifted(over, query["compare"], zone, whole_days=days)
            there = self.population(query, before)
            told["previous"] = {
                "rows": self.beside(query, rows, there, over, before, zone),
                "totals": numbers(query, there),
                "population": len(there),
            }
        return told

    def beside(
        self,
        query: Query,
        rows: list[Row],
        there: list[Call],
        over: span.Range,
        before: span.Range,
        zone: ZoneInfo,
    ) -> list[Row]:
        """The same groups in the period before, one row beside each row; buckets by their place."""
        interval = query.get("interval")
        names = [name_of_group(group) for group in groups_of(query)]
        firsts = {row[names[0]] for row in rows if names and row[names[0]] is not OTHER}
        now = self.starts(over, interval, zone) if interval else []
        then = self.starts(before, interval, zone) if interval else []
        found = []
        for row in rows:
            key = tuple(row[name] for name in names)
            of_key = [call for call in there if belongs(query, call, key, firsts, zone)]
            told = {name: row[name] for name in names}
            if interval:
                place = [span.label(start, zone) for start in now].index(row["bucket"])
                if place >= len(then):
                    empty = dict.fromkeys(numbers(query, []), None)
                    found.append({"bucket": None} | told | empty)
                    continue
                told = {"bucket": span.label(then[place], zone)} | told
                of_key = [c for c in of_key if span.bucket(c.started_at, interval, zone) == then[place]]
            found.append(told | numbers(query, of_key))
        return found

    def behind(self, query: Query, row: Row, alias: str, side: str) -> set[str]:
        """Ids of the conversations that one number of ``row`` (of ``answer``) was made of."""
        zone = ZoneInfo(query.get("timezone") or self.timezone)
        over = span.range_of(query.get("over", {"last": "30d"}), self.now, zone)
        here = self.population(query, over)
        names = [name_of_group(group) for group in groups_of(query)]
        if names:
            rows, _ = self.table(query, here, over, zone)
            firsts = {each[names[0]] for each in rows if each[names[0]] is not OTHER}
            key = tuple(row[name] for name in names)
            if query.get("having") and query.get("other"):
                first = self.groups({**query, "limit": None}, here, zone)
                here = [c for c in here if any((one,) in first for (one,) in keys(query, c, zone))]
            here = [call for call in here if belongs(query, call, key, firsts, zone)]
        if "bucket" in row:
            interval = query["interval"]
            here = [
                c
                for c in here
                if span.label(span.bucket(c.started_at, interval, zone), zone) == row["bucket"]
            ]
        [measure] = [one for one in measures(query) if name_of(one) == alias]
        if query.get("divide_by"):
            measure = {**measure, "divide_by": query["divide_by"]}
        return {call.id for call in makers(here, measure, side)}

    def population(self, query: Query, over: span.Range) -> list[Call]:
        first, end = over
        return [
            call
            for call in self.calls
            if (first is None or call.started_at >= first)
            and (end is None or call.started_at < end)
            and all(matches(call, each) for each in query.get("where", []))
        ]

    def bases(self, query: Query, calls: list[Call]) -> dict[str, Any]:
        """What each rate is a share of, over the whole population."""
        return {
            name_of(m): {
                "base": base_name(m, self.registry),
                "conversations": len(base(counted(calls, m), m)),
            }
            for m in measures(query)
            if m.get("agg") == "rate"
        }

    def table(
        self, query: Query, calls: list[Call], over: span.Range, zone: ZoneInfo
    ) -> tuple[list[Row], Row]:
        totals = numbers(query, calls)
        groups = self.groups(query, calls, zone)
        interval = query.get("interval")
        rows = [labelled(query, key) | numbers(query, of_key) for key, of_key in groups.items()]
        rows = ordered(query, rows)
        if interval is None:
            return rows, totals
        names = [name_of_group(group) for group in groups_of(query)]
        in_order = [tuple(row[name] for name in names) for row in rows]
        rows = []
        for start in self.starts(over, interval, zone):
            for key in in_order:
                of_key = groups[(OTHER,) if OTHER in key else key]
                here = [c for c in of_key if span.bucket(c.started_at, interval, zone) == start]
                rows.append({"bucket": span.label(start, zone)} | labelled(query, key) | numbers(query, here))
        if query.get("having") and not query.get("by"):
            rows = [row for row in rows if passes(query, row)]
        return rows, totals

    def starts(self, over: span.Range, interval: str, zone: ZoneInfo) -> list[int]:
        """Of the buckets. Open ranges are from the project's first conversation up to now, or its newest."""
        starts = [call.started_at for call in self.calls]
        first = min(starts, default=None) if over[0] is None else over[0]
        end = max(self.now, max(starts, default=-1) + 1) if over[1] is None else over[1]
        return [] if first is None else span.buckets(first, end, interval, zone)

    def groups(self, query: Query, calls: list[Call], zone: ZoneInfo) -> dict[Key, list[Call]]:
        """Each group's conversations; ``having``, ``limit`` and ``other`` done, over the whole range.

        The limit counts values of the first ``by`` and ranks them by their own numbers; of several ``by``
        before ``having`` looks at the whole groups, of one after it.
        """
        found: dict[Key, list[Call]] = defaultdict(list)
        first: dict[Any, list[Call]] = defaultdict(list)
        for call in calls:
            own = list(keys(query, call, zone))
            for key in own:
                found[key].append(call)
            for value in dict.fromkeys(key[0] for key in own if key):
                first[value].append(call)
        if not query.get("by"):
            return {(): calls}
        limit = query.get("limit")
        if limit is not None and len(query["by"]) > 1:
            best = self.ranked(query, first)[:limit]
            found = {key: of_key for key, of_key in found.items() if key[0] in best}
        if query.get("having"):
            found = {key: of_key for key, of_key in found.items() if passes(query, numbers(query, of_key))}
            first = {value: first[value] for value in dict.fromkeys(key[0] for key in found)}
        if limit is None or len(first) <= limit:
            return dict(found)
        best = self.ranked(query, first)[:limit]
        kept = {key: of_key for key, of_key in found.items() if key[0] in best}
        if query.get("other"):
            rest = {call.id: call for key, of_key in found.items() if key[0] not in best for call in of_key}
            kept[(OTHER,)] = list(rest.values())
        return kept

    def ranked(self, query: Query, first: dict[Any, list[Call]]) -> list[Any]:
        """Values of the first ``by``, the best first."""
        rows = [({groups_of(query)[0]["field"]: value} | numbers(query, of)) for value, of in first.items()]
        return [row[name_of_group(groups_of(query)[0])] for row in ordered(query, rows)]


def belongs(query: Query, call: Call, key: Key, firsts: set[Any], zone: ZoneInfo) -> bool:
    own = list(keys(query, call, zone))
    if OTHER in key:
        return any(one[0] not in firsts for one in own)
    return key in own


def measures(query: Query) -> list[dict[str, Any]]:
    return query.get("measures") or [{"metric": "conversations", "agg": "conversations"}]


def numbers(query: Query, calls: list[Call]) -> Row:
    """Each measure's number, by its name; a time as its moment."""
    row = {name_of(measure): evaluate(calls, measure) for measure in measures(query)}
    if query.get("divide_by"):
        divisor = evaluate(calls, query["divide_by"])
        row = {name: quotient(number, divisor) for name, number in row.items()}
    return row


def labelled(query: Query, key: Key) -> Row:
    if key == (OTHER,):
        return {name_of_group(group): OTHER for group in groups_of(query)}
    return {name_of_group(group): value for group, value in zip(groups_of(query), key, strict=True)}


def passes(query: Query, row: Row) -> bool:
    return all(HAVING[each["op"]](row[each["measure"]], each.get("value")) for each in query["having"])


def ordered(query: Query, rows: list[Row]) -> list[Row]:
    """By ``sort``, else by the first measure downwards; then by the values upwards."""
    sort = query.get("sort") or [{"field": name_of(measures(query)[0]), "order": "desc"}]
    sort = [each for each in sort if rows and each["field"] in rows[0]]
    names = [name_of_group(group) for group in groups_of(query) if rows and name_of_group(group) in rows[0]]

    def places(row: Row) -> list[Any]:
        asked = [place(row[each["field"]], each.get("order", "desc")) for each in sort]
        first = [row[name] is OTHER for name in names]
        return [any(first), *asked, *(place(row[name], "asc") for name in names)]

    return sorted(rows, key=places)


def on_number(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda have, value: have is not None and holds(have, value)


HAVING: dict[str, Callable[[Any, Any], bool]] = {
    "eq": on_number(lambda have, value: have == value),
    "ne": on_number(lambda have, value: have != value),
    "gt": on_number(lambda have, value: have > value),
    "gte": on_number(lambda have, value: have >= value),
    "lt": on_number(lambda have, value: have < value),
    "lte": on_number(lambda have, value: have <= value),
    "between": on_number(lambda have, value: value[0] <= have <= value[1]),
    "exists": lambda have, _: have is not None,
    "not_exists": lambda have, _: have is None,
}
