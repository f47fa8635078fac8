"""Holds an answer of the product against the reference's."""

from __future__ import annotations

import math
from typing import Any
from zoneinfo import ZoneInfo

from aftercall.metrics.answer import Answer
from tests.metrics.reference.groups import OTHER, groups_of, name_of
from tests.metrics.reference.measure import name_of as measure_name
from tests.metrics.reference.span import label
from tests.metrics.reference.where import TIMES

Row = dict[str, Any]


def check(answer: Answer, want: dict[str, Any], query: dict[str, Any]) -> None:
    assert answer.population.conversations == want["population"], "population"
    same_row(answer.totals, plain(want["totals"], query, answer), "totals")
    same_rows(answer.rows, want["rows"], query, answer, "rows")
    for alias, missing in want["missing"].items():
        found = answer.missing[alias]
        got = {"null": found.null, "not_written": found.not_written, "invalid": found.invalid}
        assert got == missing, ("missing", alias, got, missing)
    for alias, base in want["bases"].items():
        assert answer.bases[alias].conversations == base["conversations"], ("bases", alias)
    if want["previous"] is not None:
        assert answer.previous is not None
        assert answer.previous.population.conversations == want["previous"]["population"]
        same_row(answer.previous.totals, plain(want["previous"]["totals"], query, answer), "previous totals")
        same_rows(answer.previous.rows, want["previous"]["rows"], query, answer, "previous rows")


def same_rows(got: list[Row], want: list[Row], query: dict[str, Any], answer: Answer, what: str) -> None:
    wanted = [plain(row, query, answer) for row in want]
    told = [{name: value for name, value in row.items() if name != "aligned"} for row in got]
    assert len(told) == len(wanted), (what, told, wanted)
    for one, other in zip(told, wanted, strict=True):
        same_row(one, other, what)


def plain(row: Row, query: dict[str, Any], answer: Answer) -> Row:
    """As the answer writes it: moments as text; the rest is marked, and has no values."""
    zone = ZoneInfo(answer.population.timezone)
    row = dict(row)
    for measure in query["measures"]:
        alias = measure_name(measure)
        if measure.get("agg") in ("min", "max") and measure["metric"] in TIMES and row[alias] is not None:
            row[alias] = label(row[alias], zone)
    names = [name_of(group) for group in groups_of(query)]
    if any(row.get(name) is OTHER for name in names):
        return {**row, **dict.fromkeys(names), "other": True}
    return row


def same_row(got: Row, want: Row, what: str) -> None:
    assert got.keys() == want.keys(), (what, got, want)
    for name, value in want.items():
        assert same(got[name], value), (what, name, got, want)


def same(got: Any, want: Any) -> bool:
    """Numbers to nine digits: sums of floats depend on their order."""
    if isinstance(want, bool | str) or want is None:
        return type(got) is type(want) and bool(got == want)
    if isinstance(got, bool) or not isinstance(got, int | float):
        return False
    return math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-9)
