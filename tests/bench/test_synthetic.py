"""The made-up store is what the product would have made of the same events, to the last column."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from aftercall.bench.synthetic import Volume, make, vocabulary
from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.model.builtins import BUILTIN_COLUMNS
from aftercall.store.fold import fold
from aftercall.store.loader import load_entries
from aftercall.store.projection import conversation_row, turn_row
from aftercall.store.schema import wide_table
from aftercall.store.store import Store

Row = dict[str, Any]
END_MS = 1_772_323_200_000
"""2026-03-01T00:00Z."""
VOLUME = Volume(conversations=200, days=40, end_ms=END_MS, metrics=11)
TIMES = ("started_at", "ended_at", "postcall_due_at", "postcall_at", "last_event_at", "last_received_at")


class Made:
    def __init__(self, store: Store, catalog: Catalog, project: Project) -> None:
        self.store, self.catalog, self.project = store, catalog, project

    def rows(self) -> list[Row]:
        times = [f"toUnixTimestamp64Milli({name}) / 1000 AS {name}" for name in TIMES]
        times.append("arrayMap(t -> toUnixTimestamp64Milli(t) / 1000, write_times) AS write_times")
        table = wide_table(self.project.id)
        return self.store.engine.select_dicts(f"SELECT * REPLACE ({', '.join(times)}) FROM {table} FINAL")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    home = tmp_path_factory.mktemp("synthetic")
    with (
        Catalog.open(f"sqlite:///{home}/catalog.db") as catalog,
        Store(f"chdb://{home}/engine", catalog) as store,
    ):
        yield Made(store, catalog, make(store, catalog, "made", VOLUME, lambda _: None))


def test_each_row_is_what_the_projection_makes_of_its_events(made: Made) -> None:
    rows = {row["conversation_id"]: row for row in made.rows()}
    assert len(rows) == VOLUME.conversations
    registry = made.catalog.metrics.list(made.project.id)
    told = load_entries(made.store.engine, made.project.id, rows)
    turns: list[Row] = []
    for cid, row in rows.items():
        c = fold(told[cid].values())
        want = conversation_row(cid, c, len(told[cid]), registry)
        check_row(row, want)
        turns += [
            {"id": one.event_id, "said": one.text, "version": one.version, "of": cid}
            for one in (turn_row(made.project.id, turn, c.started_at, want["version"]) for turn in c.turns)
        ]
    stored = made.store.engine.select_dicts(
        "SELECT event_id AS id, text AS said, version, conversation_id AS of FROM turns FINAL"
    )
    assert sorted(stored, key=lambda t: (t["of"], t["id"])) == sorted(turns, key=lambda t: (t["of"], t["id"]))


def check_row(row: Row, want: Row) -> None:
    assert set(want) <= set(row)
    for name, value in row.items():
        expected = want.get(name, default_of(name, value))
        if isinstance(expected, float):
            assert math.isclose(value, expected), (name, value, expected)
        else:
            assert value == expected, (name, value, expected)


def default_of(name: str, value: Any) -> Any:
    """Of a column that the projection leaves out."""
    if isinstance(value, list):
        return []
    return None if name not in BUILTIN_COLUMNS or value is None else type(value)()


def test_the_calls_differ_and_grow_and_sleep_at_night(made: Made) -> None:
    rows = made.rows()
    assert {row["handoff"] for row in rows} == {True, False}
    assert len({row["CALL_REASON"] for row in rows}) > 4
    assert all(len(row["write_names"]) == 5 and row["num_utterances"] == 10 for row in rows)
    volume = Volume(conversations=100_000, days=63, end_ms=END_MS)
    hours = volume.per_hour()
    assert sum(hours) == 100_000 and len(hours) == 63 * 24
    assert sum(hours[: 21 * 24]) < 0.9 * sum(hours[-21 * 24 :])
    assert sum(hours[3::24]) < 0.3 * sum(hours[13::24])


def test_the_vocabulary_has_no_word_twice() -> None:
    words = vocabulary(2_000)
    assert len(set(words)) == 2_000 and words == vocabulary(2_000)
