"""The store that ``bench analyst`` asks: the demo's two months, always the same, in a folder of its own."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.cli.agent_project import register_metrics
from aftercall.demo.agent import SETTINGS
from aftercall.demo.simulator.crew import example
from aftercall.demo.simulator.past import past
from aftercall.demo.simulator.rhythm import ZONE
from aftercall.metrics.pipe import Queries
from aftercall.model.events import event_decoder
from aftercall.model.times import parse_ms
from aftercall.store.incoming import Incoming
from aftercall.store.store import Store

Progress = Callable[[str], None]
SLUG = "juniper-lane-dental"
NOW = "2026-11-21T17:00:00-06:00"
"""A Saturday, in the clinic's time. The calls are those of the 60 days before; questions are asked then."""
CALLS, DAYS = 2_000, 60
_LABEL = "analyst.json"
_AT_ONCE = 100


@dataclass(frozen=True)
class Made:
    store: Store
    catalog: Catalog
    queries: Queries
    project: Project
    now_ms: int


@contextlib.contextmanager
def opened(home: Path, progress: Progress, calls: int = CALLS) -> Iterator[Made]:
    """The store in this folder; it is made there first where there is none, which takes half a minute."""
    home.mkdir(parents=True, exist_ok=True)
    label = home / _LABEL
    now_ms = parse_ms(NOW)
    with (
        Catalog.open(f"sqlite:///{home}/catalog.db") as catalog,
        Store(f"chdb://{home}/engine", catalog) as store,
    ):
        project = catalog.projects.ensure(SLUG, timezone=ZONE.key, settings=SETTINGS)
        if not label.exists():
            progress(f"making the demo's {calls:,} calls")
            register_metrics(catalog, project.id, example())
            _fill(store, project, calls, now_ms)
            label.write_bytes(msgspec.json.encode({"calls": calls}))
        yield Made(store, catalog, Queries(store), catalog.projects.get(SLUG), now_ms)


def _fill(store: Store, project: Project, calls: int, now_ms: int) -> None:
    told = past(calls=calls, days=DAYS, until=now_ms, analysed=True)
    while group := list(itertools.islice(told, _AT_ONCE)):
        items = [_incoming(event, i, now_ms) for i, event in enumerate(itertools.chain.from_iterable(group))]
        for future in store.committer.submit(project.id, items):
            future.result(timeout=120)


def _incoming(event: dict[str, Any], position: int, now_ms: int) -> Incoming:
    body = msgspec.json.encode(event).decode()
    return Incoming(position, event_decoder.decode(body), event["id"], parse_ms(event["at"]), now_ms, body)
