"""Backfills as they are kept, and the versions of definitions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from aftercall.catalog import Catalog
from aftercall.catalog.actor import acting
from aftercall.catalog.backfills import LONGEST_REASON, MOST_NOTES, Backfill, Note
from aftercall.catalog.projects import Project
from aftercall.errors import Conflict, NotFound
from aftercall.model.metric_spec import MetricSpec
from aftercall.model.times import now_ms

TASK = {"metrics": ["X"], "range": [0, 1]}
QUESTION = {"extract": "Was it?"}


@pytest.fixture
def project(catalog: Catalog) -> Project:
    return catalog.projects.create("clinic")


@pytest.fixture
def running(catalog: Catalog, project: Project) -> Backfill:
    return catalog.backfills.create(project.id, TASK, state="running", total=10, by="key:1")


def page(catalog: Catalog, one: Backfill, since: Any, cursor: Any, done: int, *notes: Note) -> bool:
    return catalog.backfills.progress(
        one.id, since=since, cursor=cursor, done=done, result={"n": done}, notes=notes
    )


def test_a_page_is_noted_once(catalog: Catalog, project: Project, running: Backfill) -> None:
    assert page(catalog, running, None, (5, "a"), 3)
    assert not page(catalog, running, None, (4, "b"), 4)  # somebody else has done that page
    assert page(catalog, running, (5, "a"), (4, "b"), 12)
    found = catalog.backfills.get(project.id, running.id)
    assert (found.cursor, found.done, found.total, found.result) == ((4, "b"), 12, 12, {"n": 12})


def test_states_follow_each_other(catalog: Catalog, project: Project) -> None:
    one = catalog.backfills.create(project.id, TASK, state="piloting", total=1)
    assert (one.started_at, one.by) == (None, "")
    assert catalog.backfills.piloted(one.id, {"n": 1}, [Note("sample", "c", {"value": "\0\ud800"})])
    assert not catalog.backfills.piloted(one.id, {"n": 2}, [])
    started = catalog.backfills.change(project.id, one.id, "running", of=("waiting",))
    assert started.started_at is not None
    with pytest.raises(Conflict, match="running"):
        catalog.backfills.change(project.id, one.id, "running", of=("waiting",))
    assert catalog.backfills.move(one.id, "paused", of=("running",), reason="x" * 5_000, stalled=True)
    paused = catalog.backfills.get(project.id, one.id)
    assert (len(paused.reason or ""), paused.stalls) == (LONGEST_REASON, 1)
    catalog.backfills.change(project.id, one.id, "cancelled", of=("paused",))
    assert catalog.backfills.get(project.id, one.id).ended_at is not None
    assert not catalog.backfills.move(one.id, "running", of=("paused",))


def test_a_pause_that_is_over_ends_when_somebody_looks(
    catalog: Catalog, project: Project, running: Backfill
) -> None:
    now = now_ms()
    catalog.backfills.move(running.id, "paused", of=("running",), reason="cap", resume_at=now + 1_000)
    other = catalog.backfills.create(project.id, TASK, state="running", total=1)
    catalog.backfills.move(other.id, "paused", of=("running",), reason="key")  # waits for a person
    assert catalog.backfills.under_way(now) == ()
    (one,) = catalog.backfills.under_way(now + 1_000)
    assert (one.id, one.state, one.reason, one.resume_at) == (running.id, "running", None, None)


def test_notes_are_bounded_and_erased(catalog: Catalog, project: Project, running: Backfill) -> None:
    failures = [Note("failure", f"c{n % 2}", {"reason": str(n)}) for n in range(MOST_NOTES)]
    page(catalog, running, None, (5, "a"), 1, *failures[:60])
    page(catalog, running, (5, "a"), (4, "a"), 2, *failures)
    assert len(catalog.backfills.notes(running.id, "failure")) == MOST_NOTES
    catalog.backfills.erase(project.id, "c0")
    assert {one.conversation_id for one in catalog.backfills.notes(running.id, "failure")} == {"c1"}
    assert catalog.backfills.notes(running.id, "sample") == ()


def test_another_project_s_is_not_there(catalog: Catalog, running: Backfill) -> None:
    other = catalog.projects.create("other")
    for id_ in (running.id, "bf-none", "\0", "x" * 1_000, "é"):
        with pytest.raises(NotFound):
            catalog.backfills.get(other.id, id_)
    assert catalog.backfills.list(other.id) == ()


def test_each_definition_of_an_extraction_is_kept_with_who_made_it(
    catalog: Catalog, project: Project
) -> None:
    def made() -> list[tuple[str, str, Any]]:
        return [(one.by, one.type, one.extraction) for one in catalog.versions.list(project.id, "X")]

    with acting("person:7"):
        catalog.metrics.register(project.id, "X", "boolean", extraction=QUESTION)
    catalog.metrics.update(project.id, "X", display_name="Another name")
    catalog.metrics.update(project.id, "X", extraction=QUESTION)
    assert made() == [("person:7", "boolean", QUESTION)]
    with acting("key:2"):
        catalog.declared.put(
            project.id, [MetricSpec("X", "boolean", definition="Since then.", extraction=QUESTION)]
        )
        catalog.metrics.update(project.id, "X", type="text")
    catalog.metrics.update(project.id, "X", extraction={})
    catalog.metrics.update(project.id, "X", type="boolean")  # nothing is extracted: no version of it
    assert made() == [
        ("", "text", None),
        ("key:2", "text", QUESTION),
        ("key:2", "boolean", QUESTION),
        ("person:7", "boolean", QUESTION),
    ]
    assert catalog.versions.list(project.id, "X")[2].definition == "Since then."
    catalog.metrics.register(project.id, "PLAIN", "boolean")
    assert catalog.versions.list(project.id, "PLAIN") == ()


def test_definitions_of_before_the_history_are_its_first_versions(url: str) -> None:
    with Catalog.open(url, migrate=False) as catalog:
        with catalog.database.ddl() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", "aftercall.catalog:migrations")
            config.set_main_option("path_separator", "os")
            command.upgrade(config, "0004")
        project = catalog.projects.create("clinic")
        for name in ("X", "PLAIN"):
            catalog.metrics.register(project.id, name, "boolean")
        with catalog.write() as session:
            told = json.dumps(QUESTION)
            session.execute(text("UPDATE metrics SET extraction = :told WHERE name = 'X'"), {"told": told})
        assert catalog.migrate()
        (one,) = catalog.versions.list(project.id, "X")
        assert (one.extraction, one.type, one.by) == (QUESTION, "boolean", "")
        assert catalog.versions.list(project.id, "PLAIN") == ()
