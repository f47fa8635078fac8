"""The way of a question, whole: validate | rewrite | render | run | shape.

    Queries(store).run(Query.read({"measures": [{"metric": "duration", "agg": "p95"}]}), project)

validate.py   every name and value checked: a Plan, or an error that names the place and the nearest name
rewrite.py    small pure steps that make the plan simpler
render.py     the plan as SQL, values apart (called by run.py, once for each pass)
run.py        the passes a plan takes, and their tables
shape.py      tables as the Answer
behind.py     the conversations behind a cell of it
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import msgspec

from aftercall.catalog.definitions import Registry
from aftercall.catalog.principal import Scope
from aftercall.catalog.projects import Project
from aftercall.metrics.answer import Answer, Behind
from aftercall.metrics.behind import cell_of, page
from aftercall.metrics.limits import Limits
from aftercall.metrics.lineage import extracted
from aftercall.metrics.names import Names
from aftercall.metrics.plan import Plan
from aftercall.metrics.query import Drill, Query
from aftercall.metrics.ranges import Range, range_of, zone_of
from aftercall.metrics.rewrite import rewrite
from aftercall.metrics.run import Runner
from aftercall.metrics.shape import shape
from aftercall.metrics.silence import Silence
from aftercall.metrics.validate import validate
from aftercall.model.times import now_ms as clock
from aftercall.store.reader import Key
from aftercall.store.schema import wide_table
from aftercall.store.store import Store

_FRESH_S = 1.0
_SPAN = """\
SELECT count(), toUnixTimestamp64Milli(min(started_at)), toUnixTimestamp64Milli(max(started_at))
FROM {table} FINAL"""
# Not FINAL, which both can do without: a name that only a superseded row has is a name all the same.
_WRITTEN = "SELECT 1 FROM {table} WHERE has(metrics_written, {{name:String}}) LIMIT 1"
_HEARD = "SELECT toUnixTimestamp64Milli(max(last_received_at)) FROM {table}"
Need = Callable[[Scope], None]


class Queries:
    """Answers questions about a store's projects. Thread-safe."""

    def __init__(self, store: Store, limits: Limits | None = None) -> None:
        self._store = store
        self._limits = limits or Limits()
        self._silence = Silence(store.engine)
        self._heard: dict[int, tuple[float, int | None]] = {}

    def run(
        self,
        query: Query,
        project: Project,
        *,
        now_ms: int | None = None,
        explain: bool = False,
        need: Need | None = None,
    ) -> Answer:
        """``explain``: the answer has the SQL and its values. ``need`` is called with each scope that the
        question needs beside read, and raises where whoever asks lacks it.

        Raises QueryInvalid (400, QUERY_INVALID), QueryTooSlow (408), QueryTooLarge (400).
        """
        began = time.perf_counter()
        plan = self.plan(query, project, now_ms=now_ms, need=need)
        runner = Runner(self._store.engine, self._limits)
        tables = runner.run(plan)
        mixed = self._mixed(plan, runner)
        took_ms = (time.perf_counter() - began) * 1000
        answer = shape(
            plan,
            tables,
            took_ms=took_ms,
            fresh_as_of=self._fresh_as_of(project.id),
            mixed_versions=mixed,
        )
        return _explained(answer, runner) if explain else answer

    def behind(
        self,
        drill: Drill,
        project: Project,
        *,
        after: Key | None = None,
        known: int | None = None,
        now_ms: int | None = None,
        need: Need | None = None,
    ) -> tuple[list[Behind], int, Key | None]:
        """(a page of the conversations behind a cell of an answer, how many there are in all, where the next
        page starts or None). ``drill.cursor`` and ``count`` are for whoever made it: here they are ``after``
        and ``known``, the number where it need not be counted again.

        Raises as ``run``.
        """
        plan = self.plan(drill.query, project, now_ms=now_ms, need=need)
        runner = Runner(self._store.engine, self._limits)
        return page(
            runner, plan, cell_of(drill, plan), self._limits, limit=drill.limit, after=after, known=known
        )

    def plan(
        self, query: Query, project: Project, *, now_ms: int | None = None, need: Need | None = None
    ) -> Plan:
        """The first two steps: the question checked and made simple. Raises QueryInvalid."""
        registry = self._store.registries.of(project.id)
        names = Names(registry, lambda name: self._was_written(project.id, name))
        zone = zone_of(query.timezone or project.timezone)
        now = clock() if now_ms is None else now_ms
        range_ = self._closed(range_of(query.over, zone, now), project.id, now)
        plan = self._stored(validate(query, project, names, zone, range_), registry)
        if need is not None:
            for scope in sorted(plan.scopes):
                need(scope)
        return rewrite(plan)

    def _stored(self, plan: Plan, registry: Registry) -> Plan:
        """With what the store says of itself."""
        return replace(
            plan,
            found_by_words=self._store.engine.found_by_words,
            gaps=self._store.gaps.among(plan.project_id),
            says_no=self._silence.names(plan, registry),
            compared=None if plan.compared is None else self._stored(plan.compared, registry),
        )

    def _closed(self, range_: Range, project_id: int, now: int) -> Range:
        """Open ends are where the project's conversations begin and end, and not before now."""
        if range_.since is not None and range_.until is not None:
            return range_
        ((count, first, last),) = self._store.engine.select(_SPAN.format(table=wide_table(project_id)))
        until = range_.until if range_.until is not None else max(now, last + 1)
        since = range_.since if range_.since is not None else (first if count else now)
        return Range(min(since, until), until)

    def _mixed(self, plan: Plan, runner: Runner) -> dict[str, dict[str, int]]:
        """Where values by several versions of a definition are in one answer: how many by which."""
        several = self._store.versions.mixed(plan.project_id)
        asked = {one.name: one for one in extracted(plan) if one.name in several} if several else {}
        found = {name: runner.versions(plan, one) for name, one in asked.items()}
        return {name: by_version for name, by_version in found.items() if len(by_version) > 1}

    def _was_written(self, project_id: int, name: str) -> bool:
        found = self._store.engine.select(
            _WRITTEN.format(table=wide_table(project_id)),
            {"name": name},
        )
        return bool(found)

    def _fresh_as_of(self, project_id: int) -> int | None:
        """When the server last heard of any conversation of the project; asked at most once a second."""
        asked, heard = self._heard.get(project_id, (-_FRESH_S, None))
        if time.monotonic() - asked < _FRESH_S:
            return heard
        ((last,),) = self._store.engine.select(_HEARD.format(table=wide_table(project_id)))
        self._heard[project_id] = (time.monotonic(), last or None)
        return last or None


def _explained(answer: Answer, runner: Runner) -> Answer:
    text = ";\n\n".join(one.sql for one in runner.statements)
    values = {name: value for one in runner.statements for name, value in one.parameters.items()}
    return msgspec.structs.replace(answer, sql=text, parameters=values)
