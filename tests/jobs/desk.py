"""A store, a catalog and jobs in this process, with what these tests do to them.

What a project's own code would do is scripted: a function from the work to its result, per project.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.config import Config
from aftercall.jobs import Jobs, Settings
from aftercall.jobs.attempt import incoming
from aftercall.jobs.step import Result, Work
from aftercall.model.ids import new_id
from aftercall.model.times import now_ms
from aftercall.runtime import Outcome
from aftercall.store.attempts import Standing
from aftercall.store.fold import Conversation
from aftercall.store.schema import wide_table
from aftercall.store.store import Store

PATIENCE_S = 120
FAST = {
    "poll_s": 0.03,
    "fresh_s": 0.05,
    "grace_s": 2.0,
    "settle_s": 0.05,
    "backoff_s": (0.05, 0.1),
    "delivery_backoff_s": (0.05, 0.1),
    "delivery_timeout_s": 2.0,
    "housekeeping_s": 0.2,
    "stop_s": 2.0,
    "allow_private": True,
}

Script = Callable[[Work], Result]


def wrote(work: Work, **values: Any) -> Result:
    """A run that went well and wrote these metrics."""
    return Result(Outcome("ok", events=metrics(work, **values)), version="v1")


def raised(work: Work, error: str = "ValueError: no", *, retry: bool = True, **values: Any) -> Result:
    """A run that wrote these metrics and then raised."""
    outcome = Outcome("failed", failure="exception", error=error, traceback="Traceback...\n" + error)
    return Result(replace(outcome, events=metrics(work, **values)), version="v1", retry=retry)


def metrics(work: Work, **values: Any) -> list[dict[str, Any]]:
    prefix = work.prefix(Scripted.name)
    return [
        {
            "kind": "metric",
            "id": f"{prefix}-{number}",
            "conversation_id": work.told.conversation_id,
            "at": now_ms(),
            "source": "extraction",
            "name": name,
            "value": value,
        }
        for number, (name, value) in enumerate(values.items(), 1)
    ]


class Scripted:
    """The one step of these tests."""

    name = "script"

    def __init__(self) -> None:
        self.scripts: dict[int, Script] = {}
        self.from_when: dict[int, int] = {}
        self.runs: list[tuple[int, str, int]] = []
        """(project, conversation, try), as they came."""
        self.closed = threading.Event()

    def since(self, project: Project) -> int | None:
        return self.from_when.get(project.id)

    def run(self, work: Work) -> Result:
        self.runs.append((work.project.id, work.told.conversation_id, work.task.number))
        return self.scripts[work.project.id](work)

    def close(self) -> None:
        self.closed.set()

    def count(self, conversation_id: str) -> int:
        return sum(one[1] == conversation_id for one in self.runs)


class Desk:
    def __init__(self, home: Path, settings: dict[str, Any] | None = None) -> None:
        self.home = home
        self.config = Config.from_env({"AFTERCALL_HOME": str(home)})
        self.catalog = Catalog.open(self.config.catalog_url)
        self.store = Store(self.config.store_url, self.catalog)
        self.settings = replace(Settings.of(self.config, {}), **{**FAST, **(settings or {})})
        self.step = Scripted()
        self.jobs = self._new_jobs()

    def _new_jobs(self) -> Jobs:
        return Jobs(
            self.config,
            self.catalog,
            self.store,
            render=lambda found, project: {"id": found.conversation_id, "project_id": project.slug},
            steps=[self.step],
            settings=self.settings,
        )

    def restart_jobs(self) -> None:
        self.jobs.close()
        self.jobs = self._new_jobs()
        self.jobs.start()
        self.jobs.wait_ready()

    def close(self) -> None:
        self.jobs.close()
        self.store.close()
        self.catalog.close()

    # --- telling

    def project(self, script: Script | None = None, **settings: Any) -> Project:
        """A new one; with a script it has post-call work from now on."""
        project = self.catalog.projects.create(f"p{new_id()[-12:]}", settings=settings)
        if script is not None:
            self.script(project, script)
        return project

    def script(self, project: Project, script: Script) -> None:
        self.step.scripts[project.id] = script
        self.step.from_when.setdefault(project.id, now_ms())

    def tell(self, project: Project, *events: dict[str, Any], received_at: int | None = None) -> None:
        now = now_ms()
        whole = [{"id": new_id(), "at": now, **event} for event in events]
        for future in self.store.committer.submit(project.id, incoming(whole, received_at or now)):
            assert future.result(timeout=PATIENCE_S).refused == []

    def call(
        self, project: Project, conversation_id: str | None = None, *, received_at: int | None = None
    ) -> str:
        """A whole call; its id."""
        c = conversation_id or new_id()
        self.tell(project, *call(c), received_at=received_at)
        return c

    # --- seeing

    def conversation(self, project: Project, conversation_id: str) -> Conversation:
        found = self.store.reader.get(project.id, conversation_id)
        assert found is not None
        return found.conversation

    def standing(self, project: Project, conversation_id: str) -> Standing:
        return self.conversation(project, conversation_id).postcall

    def row(self, project: Project, conversation_id: str) -> dict[str, Any]:
        rows = self.store.engine.select_dicts(
            f"SELECT * FROM {wide_table(project.id)} FINAL WHERE conversation_id = {{c:String}}",
            {"c": conversation_id},
        )
        assert len(rows) == 1
        return rows[0]

    def until(self, ready: Callable[[], Any], what: str = "it") -> Any:
        """What ``ready`` gives, once that is something."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := ready()):
            assert time.monotonic() < deadline, f"waited too long for {what}"
            time.sleep(0.02)
        return found

    def until_status(self, project: Project, conversation_id: str, *statuses: str) -> Standing:
        def reached() -> bool:
            row = self.row(project, conversation_id)
            return row["postcall_status"] in statuses and row["postcall_due_at"] is None

        self.until(reached, f"status {statuses} of {conversation_id}")
        return self.standing(project, conversation_id)

    def values(self, project: Project, conversation_id: str) -> dict[str, list[Any]]:
        c = self.conversation(project, conversation_id)
        return {name: [write.event.value for write in writes] for name, writes in c.metrics.items()}


def call(conversation_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"kind": "start"},
        {"kind": "turn", "speaker": "agent", "text": "Hello"},
        {"kind": "turn", "speaker": "user", "text": "A question about my bill"},
        {"kind": "metric", "name": "LIVE", "value": 1},
        {"kind": "end", "last_seq": 5},
    ]
    return [{**event, "conversation_id": conversation_id, "seq": i} for i, event in enumerate(events, 1)]


@contextmanager
def desk(home: Path, settings: dict[str, Any] | None = None) -> Iterator[Desk]:
    one = Desk(home, settings)
    try:
        one.jobs.start()
        one.jobs.wait_ready()
        yield one
    finally:
        one.close()
