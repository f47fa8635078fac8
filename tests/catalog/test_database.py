from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InternalError

from aftercall.catalog import Catalog, database
from aftercall.catalog.tables import SettingRow
from aftercall.errors import Unavailable


@pytest.fixture
def sqlite(tmp_path: Path) -> Catalog:
    return Catalog.open(f"sqlite:///{tmp_path}/catalog.db")


def test_every_sqlite_connection_is_durable_and_checks_references(sqlite: Catalog) -> None:
    with sqlite, sqlite.read() as first, sqlite.read() as second:
        for session in (first, second):
            values = [
                session.scalar(text(f"PRAGMA {name}"))
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
            assert values == ["wal", 2, 1, 30_000]  # 2 is FULL


def test_references_are_checked(catalog: Catalog) -> None:
    with pytest.raises(IntegrityError), catalog.write() as session:
        session.execute(text("UPDATE accounts SET id = 99"))
        session.execute(
            text(
                "INSERT INTO api_keys (account_id, prefix, hash, scopes, name, created_at)"
                " VALUES (7, '', '', '', '', 0)"
            )
        )


def test_a_write_that_fails_leaves_nothing(catalog: Catalog) -> None:
    with pytest.raises(ZeroDivisionError), catalog.write() as session:
        session.execute(text("UPDATE accounts SET name = 'changed'"))
        _ = 1 / 0
    assert catalog.accounts.get("default").name == "Default"


def test_a_read_sees_one_state_throughout(catalog: Catalog, other: Catalog) -> None:
    count = text("SELECT count(*) FROM projects")
    with catalog.read() as session:
        assert session.scalar(count) == 0
        other.projects.create("star")
        assert session.scalar(count) == 0
    with catalog.read() as session:
        assert session.scalar(count) == 1


def test_a_read_on_postgresql_cannot_write(postgres_url: str) -> None:
    with Catalog.open(postgres_url) as catalog:
        with pytest.raises(InternalError, match="read-only"), catalog.read() as session:
            session.execute(text("UPDATE accounts SET name = 'changed'"))
        catalog.accounts.create("acme")  # the connection goes back to the pool as it was


def test_readers_do_not_wait_for_a_writer(catalog: Catalog) -> None:
    with catalog.write() as session:
        session.execute(text("UPDATE accounts SET name = 'changed'"))
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(catalog.accounts.get, "default").result(timeout=10).name == "Default"


def test_writers_that_read_first_never_fail(catalog: Catalog) -> None:
    """Read, then write, from many threads: on SQLite a plain BEGIN would fail here with 'locked'."""
    catalog.settings.set("n", 0)
    barrier = threading.Barrier(8)

    def add(_: int) -> None:
        barrier.wait()
        for _ in range(10):
            with catalog.write() as session:
                row = session.get_one(SettingRow, "n", with_for_update=True)
                row.value = str(int(row.value) + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert catalog.settings.get("n") == 80


def test_a_threadpool_shares_one_catalog(catalog: Catalog) -> None:
    def work(number: int) -> bool:
        project = catalog.projects.ensure(f"p{number % 5}")
        _, plaintext = catalog.keys.create(f"k{number}", ["read"], project=project.slug)
        catalog.metrics.auto_register(project.id, [(f"m{number % 10}", "text")])
        principal = catalog.keys.verify(plaintext)
        return principal is not None and principal.project_id == project.id

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(60)))
    assert len(catalog.projects.list()) == 5
    assert len(catalog.keys.list()) == 60
    assert sum(len(catalog.metrics.list(project.id).metrics) for project in catalog.projects.list()) == 10


def test_a_database_that_stays_locked_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with Catalog.open(f"sqlite:///{tmp_path}/catalog.db") as catalog:
        with catalog.write() as session:
            session.execute(text("SELECT 1"))
            with pytest.raises(Unavailable, match="locked") as caught:
                catalog.projects.create("star")
        assert caught.value.code == "CATALOG_UNAVAILABLE"
        assert catalog.projects.create("star").slug == "star"


def test_connections_that_broke_are_replaced(postgres_url: str) -> None:
    with Catalog.open(postgres_url) as catalog, Catalog.open(postgres_url) as other:
        assert catalog.projects.list() == ()
        with other.write() as session:
            ended = session.scalars(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            ).all()
        assert True in ended
        assert catalog.projects.create("star").slug == "star"


def test_values_never_reach_an_error_message(catalog: Catalog) -> None:
    with pytest.raises(IntegrityError) as caught, catalog.write() as session:
        session.execute(
            text("INSERT INTO accounts (slug, name, created_at) VALUES ('default', :name, 0)"),
            {"name": "personal"},
        )
    assert "personal" not in str(caught.value)


LEAVE = "import sys; from aftercall.catalog import Catalog; Catalog.open(sys.argv[1]).close()"


def test_opening_it_twice_in_one_process_keeps_the_locks_of_the_first(tmp_path: Path) -> None:
    """Else another process that leaves takes itself for the last one, and deletes the log of writes."""
    url = f"sqlite:///{tmp_path}/catalog.db"
    with Catalog.open(url) as first:
        first.projects.create("before")
        Catalog.open(url).close()
        log = (tmp_path / "catalog.db-wal").stat().st_ino
        subprocess.run([sys.executable, "-c", LEAVE, url], check=True, timeout=60)
        assert (tmp_path / "catalog.db-wal").stat().st_ino == log
        first.projects.create("after")
        subprocess.run([sys.executable, "-c", LEAVE, url], check=True, timeout=60)
        with first.read() as session:
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert session.execute(text("SELECT count(*) FROM projects")).scalar() == 2
