"""Warm workers for every version of every project, lent out one call at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aftercall.model.ids import new_id
from aftercall.runtime import layout
from aftercall.runtime.agents import Agent
from aftercall.runtime.attempt import Attempt, OnEvent
from aftercall.runtime.host import Host
from aftercall.runtime.limits import Limits
from aftercall.runtime.loaded import Loaded
from aftercall.runtime.outcome import Outcome
from aftercall.runtime.process import remove_homes
from aftercall.runtime.snapshot import Snapshot
from aftercall.runtime.version import content_hash
from aftercall.runtime.worker import Worker
from aftercall.sdk.plain import plain

IDLE_S = 600.0
"""After this long without a call a worker is ended."""


class Pool:
    """``size`` workers at most per version, ``total`` for all of them together; calls beyond that wait.

    Thread-safe. Every call gets an Outcome: whatever a project's code does costs its own attempt, and the
    next call finds a fresh process. ``asks``: how many prompts are under way at once, for all calls together.
    """

    def __init__(
        self, home: Path, *, size: int = 1, total: int = 8, asks: int = 32, limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits()
        self._size, self._total = size, max(total, 1)
        self._homes = home / "agents" / ".run"
        remove_homes(self._homes)
        self._executor = ThreadPoolExecutor(asks, thread_name_prefix="aftercall-ask")
        self._changed = threading.Condition()
        self._idle: dict[Agent, list[Worker]] = {}
        self._busy: dict[Agent, int] = {}
        self._lent: set[Worker] = set()
        self._loaded: dict[Agent, Loaded] = {}
        self._closed = False

    # --- calls

    def end(self, agent: Agent, snapshot: Snapshot, **options: Any) -> Outcome:
        """``end_function(conv)``. ``options``: those of ``call``. Events are of source ``extraction``."""
        return self.call(agent, "end_function", snapshot, **{"source": "extraction", **options})

    def start(self, agent: Agent, snapshot: Snapshot, **options: Any) -> Outcome:
        """``start_function(conv)``."""
        return self.call(agent, "start_function", snapshot, **options)

    def call(
        self,
        agent: Agent,
        name: str,
        snapshot: Snapshot,
        *,
        flow: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        source: str = "agent",
        seconds: float | None = None,
        host: Host | None = None,
        on_event: OnEvent | None = None,
        prefix: str | None = None,
    ) -> Outcome:
        """Run one function of the project and wait for its end.

        ``flow``: folder or display name, for a function of a flow. ``args`` and ``kwargs``: plain JSON,
        without conv and flow. ``source``: on whose behalf its events are. ``prefix``: of the ids of its
        events, never to be used again. ``on_event``: told of each event the moment it is written.
        """
        request = {
            "name": name,
            "flow": flow,
            "conv": snapshot.for_child(),
            "args": plain(list(args)),
            "kwargs": plain(kwargs or {}),
        }
        while True:
            worker = self._take(agent)
            if isinstance(worker, Outcome):
                return worker
            attempt = Attempt(
                snapshot.conversation_id, source, host or Host(), worker.limits, on_event, prefix or new_id()
            )
            fresh = worker.calls == 0
            try:
                worker.call(attempt, request, seconds or self.limits.seconds)
                outcome = attempt.outcome(list(worker.retired))
            finally:
                self._give_back(agent, worker)
            if attempt.failure == "exited" and not attempt.began and not fresh and not self._closed:
                continue  # it died of what an earlier call had left behind, before it took up this one
            return outcome

    def loaded(self, agent: Agent) -> Loaded:
        """The functions of a version, and what is wrong with its files."""
        known = self._loaded.get(agent)
        if known is None:
            worker = self._take(agent)
            if isinstance(worker, Outcome):
                return Loaded.failed(worker.error or "it could not be loaded")
            self._give_back(agent, worker)
            known = self._loaded[agent]
        return known

    # --- workers

    def _take(self, agent: Agent) -> Worker | Outcome:
        """A worker for this caller alone; the Outcome of loading where that failed."""
        with self._changed:
            while True:
                if self._closed:
                    return Outcome("failed", failure="load", error="the server is stopping")
                idle = self._idle.get(agent, [])
                while idle:
                    worker = idle.pop()
                    if worker.is_usable:
                        self._lend(agent, worker)
                        return worker
                    worker.end()
                if self._busy.get(agent, 0) < self._size and self._make_room():
                    self._busy[agent] = self._busy.get(agent, 0) + 1
                    break
                self._changed.wait()
        return self._spawn(agent)

    def _lend(self, agent: Agent, worker: Worker) -> None:
        self._busy[agent] = self._busy.get(agent, 0) + 1
        self._lent.add(worker)

    def _make_room(self) -> bool:
        """Whether one more worker may run; ends idle ones: those of other versions too old, or in the way."""
        now = time.monotonic()
        idle = sorted((w for workers in self._idle.values() for w in workers), key=lambda w: w.idle_since)
        running = sum(self._busy.values()) + len(idle)
        for worker in idle:
            if running >= self._total or now - worker.idle_since > IDLE_S:
                for workers in self._idle.values():
                    if worker in workers:
                        workers.remove(worker)
                worker.end()
                running -= 1
        return running < self._total

    def _spawn(self, agent: Agent) -> Worker | Outcome:
        """The place is taken already; it is given back where this fails."""
        worker: Worker | None = None
        try:
            if agent.is_copy and content_hash(agent.folder) != agent.version:
                return self._failed(
                    agent, None, f"the copy of version {agent.version} was changed: add it again"
                )
            read = layout.read(agent.folder)
            worker = Worker(
                read, agent.python, self.limits, self._executor, self._homes, private=agent.is_copy
            )
            with self._changed:
                self._lent.add(worker)
            attempt = worker.load()
            if attempt.done is not None:
                self._loaded[agent] = Loaded.of(attempt.done, read)
        except Exception as error:  # noqa: BLE001 - a missing interpreter, no processes left: the call must fail, not us
            return self._failed(agent, worker, f"its process could not be started: {error}")
        if attempt.done is None:
            outcome = attempt.outcome([])
            return self._failed(agent, worker, f"it could not be loaded: {outcome.error}", outcome)
        return worker

    def _failed(
        self, agent: Agent, worker: Worker | None, error: str, outcome: Outcome | None = None
    ) -> Outcome:
        if worker is not None:
            worker.end()
        with self._changed:
            self._busy[agent] -= 1
            if worker is not None:
                self._lent.discard(worker)
            self._changed.notify_all()
        printed = (outcome.stdout, outcome.stderr) if outcome else ("", "")
        return Outcome(
            "failed", failure="load", error=error, stdout=printed[0], stderr=printed[1], unstarted=True
        )

    def _give_back(self, agent: Agent, worker: Worker) -> None:
        usable = worker.is_usable and not self._closed
        if not usable:
            worker.end()
        with self._changed:
            self._busy[agent] -= 1
            self._lent.discard(worker)
            if usable:
                self._idle.setdefault(agent, []).append(worker)
            self._changed.notify_all()

    # --- the end

    def close(self) -> None:
        """Ends every worker; calls under way fail."""
        with self._changed:
            self._closed = True
            idle = [worker for workers in self._idle.values() for worker in workers]
            self._idle.clear()
            for worker in self._lent:
                worker.kill()
            self._changed.notify_all()
        for worker in idle:
            worker.end()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
