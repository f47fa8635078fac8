"""The raw engine bound: the same events, turns and rows, inserted by hand into the same tables, no product.

A program of its own (``python -m aftercall.bench.raw FOLDER GROUP < bodies``), because one process can
open one engine path. It works out all rows first, untimed, then times nothing but the inserts, with the
same durability (fsync), in groups as large as the server formed, on one thread and on two; prints the
better as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from aftercall.catalog.catalog import Catalog
from aftercall.model.events import batch_decoder, event_decoder
from aftercall.model.times import now_ms
from aftercall.store.changes import Touched, project
from aftercall.store.fold import fold
from aftercall.store.incoming import Incoming, rev_of
from aftercall.store.projection import Row, TurnRow
from aftercall.store.schema import wide_table
from aftercall.store.store import Store

Tables = dict[str, list[Any]]


def prepare(store: Store, project_id: int, bodies: list[bytes], group: int) -> list[Tables]:
    """For each group of ``group`` calls: table name -> its rows."""
    calls: dict[str, list[Incoming]] = {}
    now = now_ms()
    for body in bodies:
        for raw in batch_decoder.decode(body).events:
            event = event_decoder.decode(raw)
            assert event.id is not None and isinstance(event.at, int)
            item = Incoming(0, event, event.id, event.at, now, bytes(raw).decode())
            calls.setdefault(event.conversation_id, []).append(item)
    stamp = time.time_ns() // 1000
    groups: list[Tables] = []
    for number, (conversation_id, items) in enumerate(calls.items()):
        if number % group == 0:
            groups.append({"events": [], "turns": [], wide_table(project_id): []})
        one = Touched({})
        one.fresh = {item.event_id: item.entry(rev_of(stamp, i)) for i, item in enumerate(items)}
        rows: list[Row] = []
        turns: list[TurnRow] = []
        registry = store.registries.of(project_id)
        project(project_id, conversation_id, fold(one.everything()), one, registry, rows, turns)
        tables = groups[-1]
        tables["events"] += [item.record(project_id, rev_of(stamp, i)) for i, item in enumerate(items)]
        tables["turns"] += turns
        tables[wide_table(project_id)] += rows
    return groups


def insert(store: Store, groups: list[dict[str, bytes]]) -> None:
    """By hand: ready-made bytes, one insert per table and group."""
    client = store.engine.client()
    for tables in groups:
        for table, block in tables.items():
            client.raw_insert(table, insert_block=block, fmt="JSONEachRow")


def timed(store: Store, groups: list[dict[str, bytes]], threads: int) -> float:
    """Seconds for all groups, spread over this many threads."""
    shares = [groups[i::threads] for i in range(threads)]
    workers = [threading.Thread(target=insert, args=(store, share)) for share in shares]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - began


def main() -> None:
    folder, group = Path(sys.argv[1]), int(sys.argv[2])
    bodies = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[bytes])
    with (
        Catalog.open(f"sqlite:///{folder}/catalog.db") as catalog,
        Store(f"chdb://{folder}/engine", catalog) as store,
    ):
        project_id = catalog.projects.create("raw").id
        names = {e.name: e.value for b in bodies[:3] for e in _metrics(b)}
        store.registries.register(
            project_id,
            {
                n: "boolean" if v is True else "text" if isinstance(v, str) else "number"
                for n, v in names.items()
            },
        )
        groups = prepare(store, project_id, bodies, group)
        encoder = msgspec.json.Encoder()
        blocks = [{table: encoder.encode_lines(rows) for table, rows in tables.items()} for tables in groups]
        calls = sum(len(tables[wide_table(project_id)]) for tables in groups)
        insert(store, blocks[:1])  # the first insert after opening takes a second
        half = len(blocks) // 2
        seconds = {
            "one_thread": timed(store, blocks[:half], 1)
            / sum(len(g[wide_table(project_id)]) for g in groups[:half]),
            "two_threads": timed(store, blocks[half:], 2)
            / sum(len(g[wide_table(project_id)]) for g in groups[half:]),
        }
    rates = {name: 1 / per_call for name, per_call in seconds.items()}
    print(json.dumps({"calls": calls, "group": group, **rates}))


def _metrics(body: bytes) -> list[Any]:
    events = [event_decoder.decode(raw) for raw in batch_decoder.decode(body).events]
    return [event for event in events if hasattr(event, "write_once")]


if __name__ == "__main__":
    main()
