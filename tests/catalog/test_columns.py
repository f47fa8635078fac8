from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aftercall.catalog import Catalog, Project, column_for
from aftercall.catalog.columns import ENGINE_COLUMNS, LONGEST_COLUMN
from aftercall.model.builtins import BUILTIN_COLUMNS

VALID = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")

# Mostly names that clash: few letters, the built-ins in any case, and names that only differ past 60.
clashing = st.one_of(
    st.text("aA_-1é", min_size=1, max_size=4),
    st.sampled_from(sorted(BUILTIN_COLUMNS)).flatmap(
        lambda name: st.sampled_from([name, name.upper(), name + "_2"])
    ),
    st.text("xX ", min_size=1, max_size=3).map(lambda end: "long" * 20 + end),
)
anything = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200)
names = st.lists(st.one_of(clashing, anything), min_size=1, max_size=30, unique=True)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("APPOINTMENT_BOOKED", "APPOINTMENT_BOOKED"),
        ("call reason", "call_reason"),
        ("2nd call", "_2nd_call"),
        ("größe", "gr__e"),
        ("٣", "_"),
        ("😀", "_"),
        ("a" * 61, "a" * 60),
        ("duration", "duration_2"),
        ("Duration", "Duration_2"),
        ("_row_exists", "_row_exists_2"),
    ],
)
def test_examples(name: str, column: str) -> None:
    assert column_for(name, []) == column


def test_clashes_are_counted_whatever_the_case() -> None:
    assert column_for("Reason", ["REASON", "reason_2"]) == "Reason_3"
    assert column_for("a" * 60, ["A" * 60]) == "a" * 58 + "_2"
    assert column_for("x", ["X"], reserved=["x_2"]) == "x_3"


@given(names)
@example(["a_2", "a", "A", "a_3"])
@example(["l" * 61 + "a", "l" * 61 + "b", "l" * 58 + "_2"])
def test_columns_are_valid_unique_and_stable(names: list[str]) -> None:
    taken: list[str] = []
    for name in names:
        column = column_for(name, taken)
        assert VALID.fullmatch(column)
        assert column.lower() not in {other.lower() for other in taken}
        assert column.lower() not in {other.lower() for other in BUILTIN_COLUMNS | ENGINE_COLUMNS}
        assert column_for(name, list(reversed(taken))) == column
        taken.append(column)
    assert max(map(len, taken)) <= LONGEST_COLUMN


def test_the_registry_keeps_what_it_gave(catalog: Catalog, project: Project) -> None:
    first = catalog.metrics.register(project.id, "a b", "text")
    second = catalog.metrics.register(project.id, "a-b", "text")
    third = catalog.metrics.register(project.id, "A_B", "text")
    assert [metric.column for metric in (first, second, third)] == ["a_b", "a_b_2", "A_B_3"]
    catalog.metrics.update(project.id, "a b", active=False)
    assert catalog.metrics.register(project.id, "a.b", "text").column == "a_b_4"


def test_what_is_reserved_can_be_given(url: str) -> None:
    with Catalog.open(url, reserved=frozenset({"Mine"})) as catalog:
        project = catalog.projects.create("star")
        assert catalog.metrics.register(project.id, "mine", "text").column == "mine_2"
        assert catalog.metrics.register(project.id, "duration", "text").column == "duration"
