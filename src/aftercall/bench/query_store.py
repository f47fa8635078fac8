"""The store that ``bench query`` asks: made by a process of its own, kept for the next run if so wanted."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aftercall.bench import synthetic, synthetic_sql
from aftercall.bench.synthetic import Volume
from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.errors import InternalError, InvalidInput
from aftercall.metrics.answer import Answer
from aftercall.metrics.pipe import Queries
from aftercall.metrics.query import Query
from aftercall.model.builtins import BUILTINS
from aftercall.model.times import now_ms
from aftercall.store.store import Store

Progress = Callable[[str], None]

MAIN = "main"
SHORT, LONG = "90_days", "900_days"
"""As many calls a day, over ten times the history."""
FEW, MANY = SHORT, "1000_metrics"
"""As many calls and days, with 50 metrics registered and with a thousand."""

_LABEL = "synthetic.json"
_HOUR_MS = 3_600_000
_MERGED_WITHIN_S = 300


@dataclass(frozen=True)
class Made:
    store: Store
    queries: Queries
    projects: dict[str, Project]
    conversations: int
    now_ms: int
    """When the history ends. Questions are asked as of then."""

    def ask(self, query: Query, project: Project) -> Answer:
        return self.queries.run(query, project, now_ms=self.now_ms)


def volumes(conversations: int, end_ms: int) -> dict[str, Volume]:
    """The main project has events and utterances too; beside it smaller ones for comparisons."""
    tenth = max(1_000, conversations // 10)
    return {
        MAIN: Volume(conversations, 90, end_ms),
        SHORT: Volume(tenth, 90, end_ms, rows_only=True),
        LONG: Volume(tenth * 10, 900, end_ms, rows_only=True),
        MANY: Volume(tenth, 90, end_ms, metrics=1_000, rows_only=True),
    }


@contextlib.contextmanager
def opened(home: Path, conversations: int, progress: Progress) -> Iterator[Made]:
    """The store in this folder, made first where there is none.

    Raises InvalidInput where the folder holds something else.
    """
    label = _label(conversations)
    known = _kept(home)
    if known is None:
        _make_elsewhere(home, conversations, label)
        known = _kept(home)
    assert known is not None, "it was made a moment ago"
    if any(known[key] != value for key, value in label.items()):
        raise InvalidInput(f"{home} holds another made-up store: name an empty folder, or remove it")
    with (
        Catalog.open(_catalog_url(home)) as catalog,
        Store(_store_url(home), catalog) as store,
    ):
        projects = {slug: catalog.projects.get(slug) for slug in volumes(conversations, 0)}
        yield Made(store, Queries(store), projects, conversations, known["end_ms"])


def _kept(home: Path) -> dict[str, int] | None:
    try:
        known: dict[str, int] = json.loads((home / _LABEL).read_text())
    except FileNotFoundError:
        return None
    return known


def _label(conversations: int) -> dict[str, int]:
    """What must be the same for a store to be of use again."""
    made_by = f"{vars(synthetic_sql)['ROW']}{synthetic_sql.CALLS}{synthetic_sql.TOLD}{BUILTINS}"
    return {
        "conversations": conversations,
        "made_by": int(hashlib.sha256(made_by.encode()).hexdigest()[:12], 16),
    }


def _make_elsewhere(home: Path, conversations: int, label: dict[str, int]) -> None:
    """In a process of its own, so that its memory does not count for ours."""
    if any(home.iterdir()):
        raise InvalidInput(f"{home} is not empty and holds no made-up store: name another folder")
    maker = multiprocessing.get_context("spawn").Process(target=_make, args=(home, conversations, label))
    maker.start()
    maker.join()
    if maker.exitcode:
        shutil.rmtree(home / "engine", ignore_errors=True)
        raise InternalError(f"making the calls up failed, exit code {maker.exitcode}: see above")


def _make(home: Path, conversations: int, label: dict[str, int]) -> None:
    from aftercall.cli.output import note

    end_ms = now_ms() // _HOUR_MS * _HOUR_MS
    with (
        Catalog.open(_catalog_url(home)) as catalog,
        Store(_store_url(home), catalog) as store,
    ):
        for slug, volume in volumes(conversations, end_ms).items():
            synthetic.make(store, catalog, slug, volume, note)
        _wait_for_merges(store)
    (home / _LABEL).write_text(json.dumps({**label, "end_ms": end_ms}))


def _wait_for_merges(store: Store) -> None:
    """As a store is in life: its parts merged by the engine in its own time, never forced into one."""
    deadline = time.monotonic() + _MERGED_WITHIN_S
    quiet = 0
    while quiet < 3 and time.monotonic() < deadline:
        busy = store.engine.select("SELECT count() FROM system.merges")[0][0]
        quiet = 0 if busy else quiet + 1
        time.sleep(1)


def _catalog_url(home: Path) -> str:
    return f"sqlite:///{home.resolve()}/catalog.db"


def _store_url(home: Path) -> str:
    return f"chdb://{home.resolve()}/engine"
