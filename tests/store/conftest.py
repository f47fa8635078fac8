"""A store on a temporary path. One engine path may be open per process: module after module, never two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.model.events import event_decoder
from aftercall.model.ids import new_id
from aftercall.model.times import now_ms, parse_ms
from aftercall.store.incoming import Incoming
from aftercall.store.schema import wide_table
from aftercall.store.shard import Verdict
from aftercall.store.store import Store

BASE = now_ms() - 3_600_000
"""An hour ago: a time for tests to count from, in epoch milliseconds."""


def incoming(event: dict[str, Any], position: int = 0) -> Incoming:
    """As ingest would hand it over; ``at`` defaults to BASE."""
    event = {"id": new_id(), "at": BASE, **event}
    body = json.dumps(event)
    decoded = event_decoder.decode(body)
    return Incoming(position, decoded, event["id"], parse_ms(event["at"]), now_ms(), body)


class Bench:
    """A store and one project of it, with the verbs of these tests."""

    def __init__(self, store: Store, catalog: Catalog, project: Project) -> None:
        self.store = store
        self.catalog = catalog
        self.project = project

    def send(self, *events: dict[str, Any], project: int | None = None) -> Verdict:
        items = [incoming(event, i) for i, event in enumerate(events)]
        total = Verdict()
        for future in self.store.committer.submit(project or self.project.id, items):
            verdict = future.result(timeout=60)
            total.accepted += verdict.accepted
            total.duplicates += verdict.duplicates
            total.refused += verdict.refused
        return total

    def rows(self, conversation_id: str) -> list[dict[str, Any]]:
        return self.store.engine.select_dicts(
            f"SELECT * FROM {wide_table(self.project.id)} FINAL WHERE conversation_id = {{c:String}}",
            {"c": conversation_id},
        )

    def row(self, conversation_id: str) -> dict[str, Any]:
        rows = self.rows(conversation_id)
        assert len(rows) == 1, rows
        return rows[0]

    def spoken(self, conversation_id: str) -> list[str]:
        rows = self.store.engine.select(
            "SELECT text FROM turns FINAL WHERE conversation_id = {c:String} ORDER BY at",
            {"c": conversation_id},
        )
        return [text for (text,) in rows]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    home = tmp_path_factory.mktemp("store")
    with (
        Catalog.open(f"sqlite:///{home}/catalog.db") as catalog,
        Store(f"chdb://{home}/engine", catalog) as store,
    ):
        yield Bench(store, catalog, catalog.projects.create("clinic"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path
