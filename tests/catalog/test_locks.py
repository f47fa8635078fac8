from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from aftercall.catalog import Catalog
from aftercall.catalog.database import Database
from aftercall.errors import InvalidInput, Unavailable
from tests.catalog import processes


def assert_busy(catalog: Catalog, name: str, timeout: float = 0.05) -> None:
    with pytest.raises(Unavailable) as caught, catalog.lock(name, timeout=timeout):
        raise AssertionError("two holders")
    assert caught.value.code == "LOCK_BUSY"
    assert repr(name) in caught.value.message


def test_one_holder_at_a_time_and_each_name_its_own(catalog: Catalog, other: Catalog) -> None:
    with catalog.lock("schema"):
        assert_busy(other, "schema")
        assert_busy(other, "schema", timeout=0)
        with other.lock("sweep", timeout=0):
            assert_busy(catalog, "sweep")
    with other.lock("schema", timeout=0):
        assert_busy(catalog, "schema")


def test_two_threads_of_one_process_exclude_each_other(catalog: Catalog) -> None:
    entered = threading.Event()

    def enter() -> None:
        with catalog.lock("schema"):
            entered.set()

    thread = threading.Thread(target=enter)
    with catalog.lock("schema"):
        thread.start()
        assert not entered.wait(0.2)
    assert entered.wait(10)
    thread.join()


def test_an_error_inside_lets_go_and_comes_through(catalog: Catalog, other: Catalog) -> None:
    with pytest.raises(ZeroDivisionError), catalog.lock("schema"):
        _ = 1 / 0
    with other.lock("schema", timeout=0):
        assert_busy(catalog, "schema")


def test_processes_take_turns(catalog: Catalog, url: str, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    processes.race(processes.count_up, (url, str(counter)), processes=3)
    assert counter.read_text() == "300"


def test_kill_9_of_the_holder_frees_it(catalog: Catalog, url: str) -> None:
    read, write = processes.SPAWN.Pipe(duplex=False)
    with read, write:
        holder = processes.SPAWN.Process(target=processes.hold_lock, args=(url, write))
        holder.start()
        assert read.poll(processes.PATIENCE_SECONDS)
        assert read.recv() == "held"
    assert_busy(catalog, "owner")
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    with catalog.lock("owner", timeout=10):
        holder.join()
    assert holder.exitcode == -signal.SIGKILL


def test_holding_locks_takes_no_connection_from_the_others(catalog: Catalog) -> None:
    with catalog.lock("a"), catalog.lock("b"):
        assert catalog.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_lock_lost_with_its_connection_is_told(postgres_url: str) -> None:
    """The database let somebody else in meanwhile: what was done inside must not count as done alone."""
    with Catalog.open(postgres_url) as catalog, pytest.raises(Unavailable) as caught, catalog.lock("schema"):
        with catalog.write() as session:
            session.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
            )
        with catalog.lock("schema", timeout=10):
            pass
    assert caught.value.code == "LOCK_LOST"


def test_no_lock_without_a_database(postgres_url: str, tmp_path: Path) -> None:
    elsewhere = Database(f"postgresql://u:secret@/d?host={tmp_path}")
    with pytest.raises(Unavailable) as caught, elsewhere.lock("schema"):
        raise AssertionError("nothing was locked")
    assert caught.value.code == "CATALOG_UNAVAILABLE"
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("name", ["", "A", "a/b", "../a", "a\0", "é", "a" * 64, "a\n", None])
def test_names_go_into_file_names_so_they_are_plain(standing: Catalog, name: Any) -> None:
    with pytest.raises(InvalidInput):
        standing.lock(name)
