"""Every test of tests/store/test_commit.py again, on PostgreSQL and ClickHouse's HTTP interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.store.reader import Filter
from aftercall.store.store import Store
from tests.front.handle import front
from tests.store import test_commit as commit_tests
from tests.store.conftest import Bench


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory, new_postgres_database: Callable[[], str]
) -> Iterator[Bench]:
    with (
        front(tmp_path_factory.mktemp("shared") / "engine") as engine,
        Catalog.open(new_postgres_database()) as catalog,
        Store(engine.store_url, catalog) as store,
    ):
        yield Bench(store, catalog, catalog.projects.create("clinic"))


AGAIN = {name: test for name, test in vars(commit_tests).items() if name.startswith("test_")}
globals().update(AGAIN)


def test_there_are_tests_to_run_again() -> None:
    assert len(AGAIN) >= 15


def test_more_ids_than_a_server_takes_in_one_parameter(bench: Bench) -> None:
    """ClickHouse refuses a bound value of more than 128 KiB; the ids of 5,000 calls have more."""
    ids = [f"{number:03}" + "é'\\" * 120 for number in range(300)]
    told = bench.send(*({"conversation_id": id_, "kind": "start"} for id_ in ids))
    assert told.accepted == len(ids)
    page = bench.store.reader.page(bench.project.id, Filter(), limit=5000)
    assert {one.conversation_id for one in page.items} >= set(ids)
    bench.send(*({"conversation_id": id_, "kind": "erasure", "id": "e"} for id_ in ids))
    bench.store.eraser.settle()
    page = bench.store.reader.page(bench.project.id, Filter(), limit=5000)
    assert not {one.conversation_id for one in page.items} & set(ids)
