from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aftercall.catalog import Catalog, Project
from aftercall.errors import Conflict, InvalidInput, NotFound
from tests.catalog import processes


def test_create_get_find_list(catalog: Catalog) -> None:
    made = catalog.projects.create("star", name="Star", timezone="Europe/London", currency="GBP")
    assert (made.account_slug, made.registry_revision, made.settings) == ("default", 0, {})
    assert (made.name, made.timezone, made.currency) == ("Star", "Europe/London", "GBP")
    assert catalog.projects.get("star") == made
    assert catalog.projects.find("star") == made
    assert catalog.projects.by_id(made.id) == made
    assert catalog.projects.find("other") is None
    second = catalog.projects.create("a")
    assert second.name == "a"
    assert catalog.projects.list() == (made, second)


def test_a_slug_is_there_once_per_account(catalog: Catalog, project: Project) -> None:
    with pytest.raises(Conflict) as caught:
        catalog.projects.create("star")
    assert caught.value.code == "PROJECT_EXISTS"
    catalog.accounts.create("acme")
    theirs = catalog.projects.create("star", account="acme")
    assert theirs.id != project.id
    assert catalog.projects.get("star", account="acme") == theirs
    assert catalog.projects.list() == (project,)
    assert catalog.projects.all() == (project, theirs)


def test_ensure_makes_once_and_leaves_alone(catalog: Catalog) -> None:
    made = catalog.projects.ensure("star", name="Star", settings={"a": 1})
    assert catalog.projects.ensure("star", name="Other", settings={"a": 2}) == made
    assert catalog.projects.list() == (made,)


def test_processes_that_ensure_at_once_get_the_same_projects(catalog: Catalog, url: str) -> None:
    first, second = processes.race(processes.ensure_projects, url)
    assert first == second
    assert len(set(first)) == 25
    assert [project.id for project in catalog.projects.list()] == sorted(first)


def test_update_changes_what_is_given(catalog: Catalog, project: Project) -> None:
    changed = catalog.projects.update(project.id, name="Star Ltd", settings={"deep": [1, {"x": None}]})
    assert (changed.name, changed.timezone, changed.settings) == (
        "Star Ltd",
        "UTC",
        {"deep": [1, {"x": None}]},
    )
    assert catalog.projects.update(project.id, timezone="Asia/Tokyo").name == "Star Ltd"
    assert catalog.projects.get("star").timezone == "Asia/Tokyo"
    assert catalog.projects.get("star").registry_revision == 0


def test_a_missing_project_is_named(catalog: Catalog) -> None:
    asks: list[Callable[[], Any]] = [
        lambda: catalog.projects.get("nowhere"),
        lambda: catalog.projects.get("No Such Slug"),
        lambda: catalog.projects.get("star", account="nobody"),
        lambda: catalog.projects.by_id(999),
        lambda: catalog.projects.by_id(2**40),
        lambda: catalog.projects.by_id(-1),
        lambda: catalog.projects.update(999, name="x"),
    ]
    for ask in asks:
        with pytest.raises(NotFound) as caught:
            ask()
        assert caught.value.code == "PROJECT_NOT_FOUND"
    with pytest.raises(NotFound, match="nobody"):
        catalog.projects.create("x", account="nobody")


def test_an_id_is_never_used_twice(catalog: Catalog) -> None:
    """The column store may still hold rows of the one that had it."""
    first = catalog.projects.create("first")
    with catalog.write() as session:
        session.connection().exec_driver_sql("DELETE FROM projects")
    assert catalog.projects.create("second").id > first.id


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("slug", "No Good", "INVALID_SLUG"),
        ("slug", "a\0", "INVALID_TEXT"),
        ("account", "a\0", "INVALID_TEXT"),
        ("name", "", "INVALID_TEXT"),
        ("name", "a\0b", "INVALID_TEXT"),
        ("name", "\udc00", "INVALID_TEXT"),
        ("name", "x" * 201, "INVALID_TEXT"),
        ("timezone", "Mars/Base", "INVALID_TIMEZONE"),
        ("timezone", "Europe", "INVALID_TIMEZONE"),
        ("timezone", "../etc/passwd", "INVALID_TIMEZONE"),
        ("timezone", "\ud800", "INVALID_TEXT"),
        ("currency", "euro", "INVALID_CURRENCY"),
        ("settings", {"a": "\0"}, "INVALID_TEXT"),
        ("settings", {"\ud800": 1}, "INVALID_TEXT"),
        ("settings", {"a": float("nan")}, "INVALID_JSON"),
        ("settings", {1: 2}, "INVALID_JSON"),
        ("settings", {"a": {1, 2}}, "INVALID_JSON"),
        ("settings", ["a"], "INVALID_JSON"),
    ],
)
def test_bad_fields_are_refused_before_the_database(
    standing: Catalog, field: str, value: Any, code: str
) -> None:
    fields = {"slug": "star"} | {field: value}
    for make in (standing.projects.create, standing.projects.ensure):
        with pytest.raises(InvalidInput) as caught:
            make(**fields)
        assert caught.value.code == code
    assert [project.slug for project in standing.projects.all()] == ["standing"]
