"""Each rewriting step: what it changes, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aftercall.metrics import rewrite
from aftercall.metrics.plan import Every, Plan
from aftercall.metrics.query import Query
from tests.metrics.desk import Desk, condition

A, B = condition("channel", "eq", "voice"), condition("duration", "gt", 5)
Planned = Callable[..., Plan]


@pytest.fixture(scope="module")
def planned(clinic: Desk) -> Planned:
    """A plan as it is validated, before any rewriting."""

    def plan(where: Any, measure_where: Any = ()) -> Plan:
        measures = [
            {"metric": "duration", "where": list(measure_where), "divide_by": {"where": list(measure_where)}}
        ]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rewrite, "STEPS", ())
            return clinic.queries.plan(Query.read({"where": where, "measures": measures}), clinic.project)

    return plan


def same(planned: Planned, step: rewrite.Rewrite, before: Any, after: Any) -> None:
    assert repr(step(planned(before)).where) == repr(planned(after).where)


def test_positive_conditions(planned: Planned) -> None:
    step = rewrite.positive_conditions
    same(planned, step, [{"not": {"not": A}}], [A])
    same(planned, step, [{"not": {"not": {"not": A}}}], [{"not": A}])
    same(planned, step, [{"not": condition("duration", "exists")}], [condition("duration", "not_exists")])
    same(
        planned,
        step,
        [{"any": [{"not": condition("BOOKED", "not_written")}]}],
        [{"any": [condition("BOOKED", "written")]}],
    )
    same(planned, step, [{"not": A}], [{"not": A}])  # ne would leave out those without a value


def test_flat_conditions(planned: Planned) -> None:
    step = rewrite.flat_conditions
    flat = step(planned([{"all": [A, {"all": [B, A]}]}])).where
    assert isinstance(flat, Every) and len(flat.parts) == 2
    assert repr(step(planned([A])).where) == repr(planned([A]).where.parts[0])  # type: ignore[union-attr]
    assert repr(step(planned([{"any": [{"any": [A]}, {"any": [A, B]}]}])).where) == repr(
        step(planned([{"any": [A, B]}])).where
    )
    mixed = [{"any": [{"all": [A, B]}, B]}]
    assert repr(step(planned(mixed)).where) == repr(planned(mixed).where.parts[0])  # type: ignore[union-attr]
    assert step(planned([])).where == Every()


def test_what_python_takes_for_equal_stays_apart(planned: Planned) -> None:
    one, true = condition("state.x", "eq", 1), condition("state.x", "eq", True)
    flat = rewrite.flat_conditions(planned([{"any": [one, true]}])).where
    assert len(flat.parts) == 2  # type: ignore[union-attr]


def test_single_values(planned: Planned) -> None:
    step = rewrite.single_values
    same(planned, step, [condition("channel", "in", ["voice"])], [A])
    same(
        planned,
        step,
        [{"not": condition("channel", "not_in", ["voice"])}],
        [{"not": condition("channel", "ne", "voice")}],
    )
    for kept in (condition("channel", "in", ["voice", "chat"]), condition("tags", "in", ["x"])):
        same(planned, step, [kept], [kept])


def test_shared_conditions(planned: Planned) -> None:
    plan = rewrite.shared_conditions(planned([A], [A, B]))
    (measure,) = plan.measures
    (alone,) = rewrite.flat_conditions(planned([], [B])).measures
    assert repr(measure.where) == repr(alone.where)
    assert measure.divide_by is not None and repr(measure.divide_by.where) == repr(alone.where)
    (kept,) = rewrite.shared_conditions(planned([], [A, B])).measures
    assert len(kept.where.parts) == 2  # type: ignore[union-attr]


def test_rewriting_changes_no_answer(clinic: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    voice = {"not": {"not": {"any": [condition("channel", "in", ["voice"]), {"any": [A]}]}}}
    query = {
        "measures": [
            {"metric": "conversations", "where": [A]},
            {"metric": "duration", "agg": "avg", "where": [voice]},
        ],
        "where": [A, {"all": [{"not": condition("duration", "not_exists")}]}],
        "over": {"all": True},
    }
    rewritten = clinic.rows(query)
    assert rewritten == [{"conversations": 4, "duration.avg": 112.5}]
    monkeypatch.setattr(rewrite, "STEPS", ())
    assert clinic.rows(query) == rewritten
