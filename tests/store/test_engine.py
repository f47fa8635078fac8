"""Opening: URLs, ownership, versions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.errors import InvalidInput, Unavailable
from aftercall.store.engine import Engine, quoted
from aftercall.store.queries import names, sql
from aftercall.store.store import Store

HOLD = """
import sys
from aftercall.store.engine import Engine
engine = Engine(sys.argv[1])
print("open", flush=True)
input()
"""


@pytest.mark.parametrize("url", ["", "chdb://", "postgresql://x/y", "http://h", "clickhouse://", "chdb:///"])
def test_a_wrong_url_says_what_a_right_one_looks_like(url: str) -> None:
    with pytest.raises(InvalidInput, match="clickhouse://user"):
        Engine(url)


def test_an_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1") as caught:
        Engine("clickhouse://me:hunter2@127.0.0.1:1/db")
    assert "hunter2" not in str(caught.value)


def test_a_path_has_one_owner_and_is_free_after_kill_9(home: Path) -> None:
    url = f"chdb://{home}/engine"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(Exception, match=f"pid {holder.pid}"):
            Engine(url)
    finally:
        holder.kill()
        holder.communicate()
    Engine(url).close()


def test_a_store_of_a_newer_version_is_left_alone(home: Path) -> None:
    url = f"chdb://{home}/engine"
    with Catalog.open(f"sqlite:///{home}/catalog.db") as catalog:
        with Store(url, catalog) as store:
            store.engine.insert("migrations", [{"number": 999}])
        with pytest.raises(Unavailable, match="newer aftercall"):
            Store(url, catalog)


def test_closing_and_opening_keeps_everything(home: Path) -> None:
    with Catalog.open(f"sqlite:///{home}/catalog.db") as catalog:
        for opened in range(2):
            with Store(f"chdb://{home}/engine", catalog) as store:
                assert store.engine.select("SELECT max(number) FROM migrations")[0][0] == 1
                assert store.rejects.count(1) == opened
                store.engine.insert("rejects", [{"project_id": 1, "reject_id": "r", "version": 1}])


def test_only_clean_identifiers_reach_sql() -> None:
    assert quoted("A_1") == "`A_1`"
    for wrong in ("", "a`b", "a b", "é", "a-b", "a.b"):
        with pytest.raises(ValueError, match="identifier"):
            quoted(wrong)


@pytest.mark.parametrize("file", ["schema", "events", "reader", "rejects", "erase", "sweep"])
def test_every_named_statement_is_found(file: str) -> None:
    assert names(file)
    for name in names(file):
        assert sql(file, name)
