"""Questions about hand-made calls, on a real store and at a fixed time, through the public way in."""

from __future__ import annotations

import itertools
import json
from typing import Any

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.metrics.answer import Answer, Behind
from aftercall.metrics.limits import Limits
from aftercall.metrics.pipe import Queries
from aftercall.metrics.query import Drill, Query
from aftercall.model.events import event_decoder
from aftercall.model.ids import new_id
from aftercall.model.times import now_ms, parse_ms
from aftercall.store.incoming import Incoming
from aftercall.store.reader import Key
from aftercall.store.store import Store

Event = dict[str, Any]
_numbers = itertools.count(1)


class Desk:
    """A project of its own, and its store. ``now`` is when questions are asked."""

    def __init__(self, store: Store, catalog: Catalog, project: Project, now: str) -> None:
        self.store, self.catalog, self.project = store, catalog, project
        self.now = parse_ms(now)
        self.queries = Queries(store)

    def another(self, now: str | None = None, **project: Any) -> Desk:
        """A fresh project in the same store."""
        made = self.catalog.projects.create(f"clinic-{next(_numbers)}", **project)
        desk = Desk(self.store, self.catalog, made, "2026-03-31T11:00Z")
        desk.now = self.now if now is None else parse_ms(now)
        return desk

    def metric(self, name: str, type_: Any, **fields: Any) -> None:
        self.catalog.metrics.register(self.project.id, name, type_, **fields)

    def settings(self, **metrics: Any) -> None:
        self.project = self.catalog.projects.update(self.project.id, settings={"metrics": metrics})

    def tell(self, *events: Event) -> None:
        items = [_incoming(event, i) for i, event in enumerate(events)]
        for future in self.store.committer.submit(self.project.id, items):
            verdict = future.result(timeout=60)
            assert not verdict.refused

    def call(self, id_: str, at: str, *more: Event, **facts: Any) -> None:
        """A conversation that starts at ``at``; the further events get its id, and a time after it."""
        start = parse_ms(at)
        told = [{"kind": "start", "at": start, **facts}]
        told += [{"at": start + 1_000 * (i + 1), **event} for i, event in enumerate(more)]
        self.tell(*({"conversation_id": id_, **event} for event in told))

    def ask(self, query: Any, **options: Any) -> Answer:
        return self.queries.run(Query.read(query), self.project, now_ms=self.now, **options)

    def rows(self, query: Any) -> list[dict[str, Any]]:
        return self.ask(query).rows

    def row(self, *measures: Any, where: Any = (), over: Any = None) -> dict[str, Any]:
        """The one row of measures of everything; a text is a metric's name, or metric.agg."""
        asked = [measure(one) if isinstance(one, str) else one for one in measures]
        (found,) = self.rows({"measures": asked, "where": list(where), "over": over or {"all": True}})
        return found

    def count(self, *where: Any) -> int:
        """How many conversations meet these conditions."""
        (found,) = self.rows({"where": list(where), "over": {"all": True}})
        count = found["conversations"]
        assert isinstance(count, int)
        return count

    def behind(self, drill: Any, after: Key | None = None) -> tuple[list[Behind], int, Key | None]:
        return self.queries.behind(Drill.read(drill), self.project, after=after, now_ms=self.now)

    def ids(self, *where: Any) -> set[str]:
        found, count, _ = self.behind({"query": {"where": list(where), "over": {"all": True}}})
        assert count == len(found)
        return {one.id for one in found}

    def limited(self, limits: Limits) -> Queries:
        return Queries(self.store, limits)


def measure(text: str) -> dict[str, Any]:
    metric, _, agg = text.partition(".")
    return {"metric": metric, "agg": agg} if agg else {"metric": metric}


def wrote(name: str, value: Any = ..., **more: Any) -> Event:
    told = {} if value is ... else {"value": value}
    return {"kind": "metric", "name": name, **told, **more}


def extracted(name: str, value: Any = ...) -> Event:
    return wrote(name, value, source="extraction")


def said(text: str, speaker: str = "user", **more: Any) -> Event:
    return {"kind": "turn", "speaker": speaker, "text": text, **more}


def ended(at: str, **more: Any) -> Event:
    return {"kind": "end", "at": parse_ms(at), **more}


def condition(field: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "op": op, **({} if value is None else {"value": value}), **more}


def _incoming(event: Event, position: int) -> Incoming:
    whole = {"id": new_id(), **event}
    body = json.dumps(whole)
    at = whole["at"]
    return Incoming(position, event_decoder.decode(body), whole["id"], parse_ms(at), now_ms(), body)
