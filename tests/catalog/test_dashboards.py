"""Dashboards in the catalog: their order, their versions, and what happens to two who change one at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from aftercall.catalog import Catalog
from aftercall.catalog.dashboards import LONGEST_BODY, Changed, Dashboard
from aftercall.errors import InvalidInput, NotFound


def make(catalog: Catalog, *names: str) -> list[Dashboard]:
    project = catalog.projects.ensure("clinic")
    return [catalog.dashboards.create(project.id, name, {"tiles": []}, by="Ada") for name in names]


def test_they_keep_their_order_and_one_is_the_default(catalog: Catalog) -> None:
    first, second, third = make(catalog, "A", "B", "C")
    dashboards, project = catalog.dashboards, first.project_id
    assert [(one.name, one.is_default) for one in dashboards.list(project)] == [
        ("A", True),
        ("B", False),
        ("C", False),
    ]
    dashboards.reorder(project, [third.id, first.id])
    assert [one.name for one in dashboards.list(project)] == ["C", "A", "B"]
    dashboards.make_default(project, second.id)
    assert [one.name for one in dashboards.list(project) if one.is_default] == ["B"]
    with pytest.raises(NotFound):
        dashboards.reorder(project, [first.id, 999])
    assert [one.name for one in dashboards.list(project)] == ["C", "A", "B"]


def test_of_two_who_change_one_the_later_is_told(catalog: Catalog) -> None:
    (seen,) = make(catalog, "A")
    dashboards, project = catalog.dashboards, seen.project_id
    mine = dashboards.change(project, seen.id, seen.version, body={"tiles": [1]}, by="Ada")
    assert (mine.version, mine.body, mine.updated_by) == (2, {"tiles": [1]}, "Ada")
    with pytest.raises(Changed) as refused:
        dashboards.change(project, seen.id, seen.version, body={"tiles": [2]}, by="Bob")
    assert refused.value.current == mine
    assert dashboards.get(project, seen.id) == mine
    kept = dashboards.change(project, seen.id, mine.version, name="B")
    assert (kept.name, kept.body) == ("B", {"tiles": [1]})


def test_of_many_at_once_exactly_one_wins(catalog: Catalog) -> None:
    (seen,) = make(catalog, "A")

    def change(number: int) -> bool:
        try:
            catalog.dashboards.change(seen.project_id, seen.id, seen.version, body={"tiles": [number]})
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(change, range(6))) == 1
    assert catalog.dashboards.get(seen.project_id, seen.id).version == 2


def test_a_deleted_one_comes_back(catalog: Catalog) -> None:
    first, second = make(catalog, "A", "B")
    dashboards, project = catalog.dashboards, first.project_id
    dashboards.remove(project, first.id)
    assert [(one.name, one.is_default) for one in dashboards.list(project)] == [("B", True)]
    with pytest.raises(NotFound):
        dashboards.get(project, first.id)
    with pytest.raises(NotFound):
        dashboards.change(project, first.id, 1, name="C")
    restored = dashboards.restore(project, first.id)
    assert (restored.name, restored.body, restored.is_default) == ("A", {"tiles": []}, False)
    assert [one.name for one in dashboards.list(project)] == ["A", "B"]
    for one in (first, second):
        dashboards.remove(project, one.id)
    assert dashboards.list(project) == ()
    assert dashboards.count_deleted(project) == 2
    assert dashboards.restore(project, second.id).is_default


def test_those_of_another_project_are_not_there(catalog: Catalog) -> None:
    (own,) = make(catalog, "A")
    other = catalog.projects.create("other")
    assert catalog.dashboards.list(other.id) == ()
    for ask in (catalog.dashboards.get, catalog.dashboards.remove, catalog.dashboards.restore):
        with pytest.raises(NotFound):
            ask(other.id, own.id)
    with pytest.raises(NotFound):
        catalog.dashboards.get(own.project_id, 2**40)


def test_what_cannot_be_kept_is_refused(catalog: Catalog) -> None:
    (own,) = make(catalog, "A")
    project = own.project_id
    for name in ("", "x" * 201, "a\x00b"):
        with pytest.raises(InvalidInput):
            catalog.dashboards.create(project, name, {})
    with pytest.raises(InvalidInput, match="characters of JSON"):
        catalog.dashboards.change(project, own.id, None, body={"tiles": "x" * LONGEST_BODY})
    with pytest.raises(InvalidInput):
        catalog.dashboards.change(project, own.id, None, body={"tiles": float("nan")})
    assert catalog.dashboards.get(project, own.id) == own
