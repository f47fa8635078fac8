"""What the child processes of these tests do. Spawned, so it must be importable by name."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from aftercall.catalog import Catalog

SPAWN = multiprocessing.get_context("spawn")
PATIENCE_SECONDS = 60

Racer = Callable[[Barrier, Any], Any]


def race(racer: Racer, argument: Any, processes: int = 2) -> list[Any]:
    """Runs ``racer(barrier, argument)`` in that many processes at once; their results."""
    barrier = SPAWN.Barrier(processes)
    pipes = [SPAWN.Pipe(duplex=False) for _ in range(processes)]
    children = [SPAWN.Process(target=_run, args=(racer, barrier, argument, write)) for _, write in pipes]
    for child in children:
        child.start()
    results = [read.recv() if read.poll(PATIENCE_SECONDS) else "no answer" for read, _ in pipes]
    for child in children:
        child.join(PATIENCE_SECONDS)
    for pair in pipes:
        for end in pair:
            end.close()
    assert [child.exitcode for child in children] == [0] * processes, results
    return results


def _run(racer: Racer, barrier: Barrier, argument: Any, pipe: Connection) -> None:
    try:
        pipe.send(racer(barrier, argument))
    except BaseException as error:
        barrier.abort()
        pipe.send(repr(error))
        raise


def open_at_once(barrier: Barrier, url: str) -> list[str]:
    import alembic.command  # noqa: F401 - slow: before the start, so that they meet in the database

    barrier.wait()
    with Catalog.open(url) as catalog:
        return [account.slug for account in catalog.accounts.list()]


def ensure_projects(barrier: Barrier, url: str) -> list[int]:
    with Catalog.open(url) as catalog:
        ids = []
        for number in range(25):
            barrier.wait()
            ids.append(catalog.projects.ensure(f"project-{number}").id)
        return ids


def auto_register_same(barrier: Barrier, url: str) -> list[tuple[int, str, str]]:
    """Each process would infer a type of its own; returns (id, column, type) of every name."""
    with Catalog.open(url) as catalog:
        mine = "boolean" if os.getpid() % 2 else "text"
        project = catalog.projects.get("star")
        seen: list[tuple[int, str, str]] = []
        for number in range(25):
            barrier.wait()
            names: list[Any] = [(f"metric {number}", mine), (f"METRIC_{number}", mine)]
            answer = catalog.metrics.auto_register(project.id, names)
            seen += [(metric.id, metric.column, metric.type) for metric in answer.definitions]
        return seen


def auto_register_many(barrier: Barrier, argument: tuple[str, int]) -> tuple[list[str], list[str]]:
    """Enters names of its own, a few at a time, against one limit: (entered, refused)."""
    url, limit = argument
    entered: list[str] = []
    refused: list[str] = []
    with Catalog.open(url) as catalog:
        project = catalog.projects.get("star")
        for number in range(0, 90, 3):
            barrier.wait()
            names: list[Any] = [(f"{os.getpid()} {number + step}", "text") for step in range(3)]
            answer = catalog.metrics.auto_register(project.id, names, limit=limit)
            entered += [metric.name for metric in answer.definitions]
            refused += answer.refused
    return entered, refused


def count_up(barrier: Barrier, argument: tuple[str, str]) -> None:
    """Adds 1 to the number in a file 100 times, holding the lock between reading and writing."""
    url, path = argument
    with Catalog.open(url) as catalog:
        barrier.wait()
        for _ in range(100):
            with catalog.lock("counter"):
                number = int(Path(path).read_text())
                Path(path).write_text(str(number + 1))


def hold_lock(url: str, held: Connection) -> None:
    """Takes the lock, says so, and keeps it until killed."""
    catalog = Catalog.open(url)
    with catalog.lock("owner"):
        held.send("held")
        signal.pause()


def die_while_migrating(url: str) -> None:
    """kill -9 of this process itself, before the third table is made."""
    made = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal made
        made += "CREATE TABLE" in statement
        if made == 4:  # the first is Alembic's own
            os.kill(os.getpid(), signal.SIGKILL)

    Catalog.open(url)
