"""Whether what the planner made of a question gives what is expected: by results, never by words.

bench/questions/README.md says what counts as the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from aftercall.analyst.access import Access
from aftercall.analyst.planner import Plan
from aftercall.errors import UserError
from aftercall.metrics.answer import Answer
from aftercall.metrics.query import Drill, Query

Verdict = Literal["right", "wrong", "silent"]
"""``wrong``: something else is stated as a fact. ``silent``: nothing is, where an answer was expected."""
Expected = Mapping[str, Any]
_WAYS = ("query", "list", "why", "refuse")
_DIGITS = 9
_IDS = 50


class Judge:
    """Remembers the answers it got."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._known: dict[str, Answer] = {}

    def verdict(self, plan: Plan, expected: Expected) -> Verdict:
        """``expected``: an entry of a question file. Raises QueryInvalid where its own Query is wrong."""
        ways = [expected, *expected.get("accept", [])]
        if any(self._is(plan, way) for way in ways):
            return "right"
        return "wrong" if plan.kind in ("number", "list") else "silent"

    def _is(self, plan: Plan, way: Expected) -> bool:
        if "refuse" in way:
            return plan.kind in ("refused", "ambiguous") or (way["refuse"] == "causal" and plan.kind == "why")
        if plan.query is None:
            return False
        kind = next(name for name in _WAYS if name in way)
        wanted = Query.read(way[kind])
        try:
            if kind == "query":
                return plan.kind == "number" and self._same(plan.query, wanted, way.get("numbers"))
            return plan.kind == kind and self._same_calls(plan.query, wanted)
        except UserError:
            return False

    def _same(self, asked: Query, wanted: Query, numbers: Sequence[Any] | None) -> bool:
        mine, theirs = self.answer(asked), self.answer(wanted)
        if not same_time(mine, theirs) or not same_rows(mine, theirs, wanted.limit):
            return False
        if numbers is not None and _first_measure(theirs) != [_rounded(one) for one in numbers]:
            return False
        return _says_something(theirs) or self._same_ever(asked, wanted)

    def _same_ever(self, asked: Query, wanted: Query) -> bool:
        """Where all is 0 or unknown, other questions look alike: asked of all time they may differ."""
        ever = {"over": {"all": True}, "compare": None}
        mine, theirs = (
            self.answer(Query.read({**_without_none({**one.plain(), **ever})})) for one in (asked, wanted)
        )
        if _says_something(theirs):
            return same_rows(mine, theirs, wanted.limit)
        return _without_none(asked.plain()) == _without_none(wanted.plain())

    def _same_calls(self, asked: Query, wanted: Query) -> bool:
        mine, theirs = self._calls(asked), self._calls(wanted)
        return mine == theirs

    def _calls(self, query: Query) -> tuple[int, list[str]]:
        where = Query.read(
            {name: value for name, value in query.plain().items() if name in ("over", "where")}
        )
        page = self._access.behind(Drill(query=where, limit=_IDS, cursor=None))
        return page.count, [one.id for one in page.conversations]

    def answer(self, query: Query) -> Answer:
        key = repr(sorted(query.plain().items()))
        if key not in self._known:
            self._known[key] = self._access.ask(query)
        return self._known[key]


def same_time(mine: Answer, theirs: Answer) -> bool:
    """Of what is asked and what it is compared with."""
    spans = [(one.population.since, one.population.to) for one in (mine, theirs)]
    if spans[0] != spans[1] or (mine.previous is None) != (theirs.previous is None):
        return False
    if mine.previous is None or theirs.previous is None:
        return True
    before = [(one.previous.population.since, one.previous.population.to) for one in (mine, theirs)]  # type: ignore[union-attr]
    return before[0] == before[1]


def same_rows(mine: Answer, theirs: Answer, limit: int | None) -> bool:
    one, two = _rows(mine), _rows(theirs)
    if limit is not None:
        one, two = one[:limit], two[:limit]
        if [values for _, values in one] == [values for _, values in two]:
            return sorted(one, key=repr) == sorted(two, key=repr) or _tied(one)
        return False
    return sorted(one, key=repr) == sorted(two, key=repr)


def _tied(rows: list[tuple[Any, Any]]) -> bool:
    """Which of equal ones comes last within a limit is nobody's fault."""
    values = [values for _, values in rows]
    return len(values) != len({repr(one) for one in values})


def _rows(answer: Answer) -> list[tuple[Any, Any]]:
    """(keys, values) of each row, without those whose key is unknown."""
    keys = [column.name for column in answer.columns if column.role != "measure"]
    measures = [column.name for column in answer.columns if column.role == "measure"]
    found = []
    for row in answer.rows:
        told = [_key(row[name]) for name in keys]
        if None not in told:
            values = sorted((_rounded(row[name]) for name in measures), key=repr)
            found.append((tuple(sorted(map(str, told))), tuple(values)))
    return found


def _key(value: Any) -> Any:
    text = str(value)
    return text[:10] if len(text) > 18 and text[10] == "T" and text[11:19] == "00:00:00" else value


def _rounded(value: Any) -> Any:
    return round(float(value), _DIGITS) if isinstance(value, int | float) else value


def _first_measure(answer: Answer) -> list[Any]:
    name = next(column.name for column in answer.columns if column.role == "measure")
    return [_rounded(row[name]) for row in answer.rows]


def _says_something(answer: Answer) -> bool:
    return any(value not in (None, 0, 0.0) for _, values in _rows(answer) for value in values)


def _without_none(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None and value != []}
