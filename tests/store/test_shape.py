"""A column changes its type only while nobody writes rows: chDB breaks a table for good otherwise."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from aftercall.store.engine import Engine
from aftercall.store.shape import Shape

PATIENCE_S = 30
ROWS = "\n".join(f'{{"k":{number},"A":"2"}}' for number in range(2_000))
CHANGES = (
    "ADD COLUMN `A:new` {}",
    "RENAME COLUMN `A` TO `A:old`, RENAME COLUMN `A:new` TO `A`",
    "DROP COLUMN `A:old`",
)


def test_a_change_waits_for_who_writes_and_writers_wait_for_it() -> None:
    shape, order = Shape(), []
    writing, waiting, go_on = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        with shape.written():
            writing.set()
            go_on.wait(PATIENCE_S)
            order.append("written")

    def change() -> None:
        writing.wait(PATIENCE_S)
        waiting.set()
        with shape.changed():
            order.append("changed")

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(write), pool.submit(change)]
        waiting.wait(PATIENCE_S)
        go_on.set()
        for one in both:
            one.result(PATIENCE_S)
    assert order == ["written", "changed"]


def test_an_error_leaves_it_open() -> None:
    shape = Shape()
    for held in (shape.written, shape.changed):
        with pytest.raises(RuntimeError), held():
            raise RuntimeError
    with shape.changed():
        pass
    with shape.written():
        pass


def test_types_change_beside_inserts(tmp_path: Path) -> None:
    """Without the lock the engine refuses the table after two or three of these rounds."""
    engine = Engine(f"chdb://{tmp_path}/engine")
    engine.command("CREATE TABLE t (k Int64, A Nullable(String)) ENGINE = MergeTree ORDER BY k")
    stop, written = threading.Event(), [0]

    def load() -> None:
        while not stop.is_set():
            try:
                with engine.shape.written():
                    engine.client().raw_insert("t", insert_block=ROWS, fmt="JSONEachRow")
                written[0] += 1
            except ClickHouseError:
                pass  # "2" is no Bool: the committer would try again by the registry of now
            stop.wait(0.001)

    with ThreadPoolExecutor(2) as pool:
        loads = [pool.submit(load) for _ in range(2)]
        try:
            for number in range(20):
                kind = ("Nullable(Bool)", "Nullable(String)")[number % 2]
                for change in CHANGES:
                    with engine.shape.changed():
                        engine.command(f"ALTER TABLE t {change.format(kind)}")
        finally:
            stop.set()
        for one in loads:
            one.result(PATIENCE_S)
    try:
        assert engine.select("SELECT count() FROM t") == [(written[0] * 2_000,)]
        assert engine.select("SELECT DISTINCT A FROM t WHERE A IS NOT NULL") in ([], [("2",)])
    finally:
        engine.close()
