from __future__ import annotations

import re
import signal
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import aftercall.catalog.migrations
from aftercall.catalog import Catalog
from aftercall.catalog.schema import HEAD, LOCK, VERSION_TABLE, _upgrade, current_version
from aftercall.catalog.tables import Base
from aftercall.errors import UserError
from tests.catalog import processes

MIGRATIONS = Path(aftercall.catalog.migrations.__file__).parent


def test_the_versions_are_one_chain_that_ends_at_head() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    chain = [script.revision for script in scripts.walk_revisions()]
    assert scripts.get_heads() == [HEAD]
    assert chain == sorted(chain, reverse=True)  # so that > means newer
    assert all(re.fullmatch(r"\d{4}", revision) for revision in chain)


def test_the_migrations_make_exactly_the_tables(catalog: Catalog) -> None:
    with catalog.database.engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*expression-based index")  # SQLite cannot reflect one
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_a_catalog_is_migrated_once(catalog: Catalog, other: Catalog) -> None:
    assert catalog.migrate() is False
    assert other.migrate() is False
    with catalog.database.engine.connect() as connection:
        assert current_version(connection) == HEAD


def test_opening_can_leave_the_schema_alone(url: str) -> None:
    with Catalog.open(url, migrate=False) as catalog:
        with catalog.database.engine.connect() as connection:
            assert current_version(connection) is None
        assert catalog.migrate() is True
        assert catalog.migrate() is False
        assert catalog.accounts.get("default").slug == "default"


def test_a_newer_schema_is_refused_and_left_alone(catalog: Catalog, url: str) -> None:
    with catalog.write() as session:
        session.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9001'"))
    for use in (lambda: Catalog.open(url), catalog.migrate):
        with pytest.raises(UserError, match="upgrade") as caught:
            use()
        assert caught.value.code == "CATALOG_TOO_NEW"
        assert "9001" in caught.value.message
    with catalog.database.engine.connect() as connection:
        assert current_version(connection) == "9001"


def test_a_user_without_rights_is_told(postgres_url: str) -> None:
    with Catalog.open(postgres_url, migrate=False) as catalog, catalog.write() as session:
        session.execute(text("DROP ROLE IF EXISTS stranger"))
        session.execute(text("CREATE ROLE stranger LOGIN"))
        session.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    with pytest.raises(UserError, match="permission denied") as caught:
        Catalog.open(postgres_url.replace("//postgres@", "//stranger@"))
    assert caught.value.code == "CATALOG_NOT_MIGRATED"


def test_a_migration_waits_for_another_and_then_has_nothing_to_do(url: str) -> None:
    with Catalog.open(url, migrate=False) as catalog, Catalog.open(url, migrate=False) as other:
        with ThreadPoolExecutor(1) as pool:
            with catalog.lock(LOCK):
                waiting = pool.submit(other.migrate)
                with pytest.raises(TimeoutError):
                    waiting.result(timeout=0.5)
                with catalog.database.ddl() as connection:
                    _upgrade(connection)
            # On SQLite it still had the journal mode to set, which the hand-made migration above did not.
            assert waiting.result(timeout=processes.PATIENCE_SECONDS) is other.database.is_sqlite
        assert len(other.accounts.list()) == 1


def test_processes_that_open_an_empty_database_at_once(url: str) -> None:
    assert processes.race(processes.open_at_once, url, processes=4) == [["default"]] * 4


def test_kill_9_in_the_middle_of_a_migration_leaves_nothing_of_it(url: str) -> None:
    child = processes.SPAWN.Process(target=processes.die_while_migrating, args=(url,))
    child.start()
    child.join(processes.PATIENCE_SECONDS)
    assert child.exitcode == -signal.SIGKILL
    with Catalog.open(url, migrate=False) as catalog:
        with catalog.database.engine.connect() as connection:
            assert current_version(connection) is None
        assert catalog.migrate() is True
        assert len(catalog.accounts.list()) == 1


def test_a_restored_sqlite_file_is_put_back_to_wal(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/catalog.db"
    with Catalog.open(address) as catalog:
        raw = catalog.database.engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode=DELETE")
        raw.close()
    with Catalog.open(address) as catalog, catalog.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"


OPEN = """
import sys
from aftercall.catalog import Catalog
Catalog.open(sys.argv[1]).close()
assert not [name for name in sys.modules if name.split(".")[0] == "alembic"]
"""


def test_opening_an_up_to_date_catalog_does_without_alembic(catalog: Catalog, url: str) -> None:
    """It is most of the time that opening takes, and every command opens a catalog."""
    subprocess.run([sys.executable, "-c", OPEN, url], check=True)
