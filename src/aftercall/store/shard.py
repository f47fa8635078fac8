"""One committing thread, and the queue of what it is to commit."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple

from aftercall.errors import AftercallError, Unavailable
from aftercall.store.incoming import Incoming
from aftercall.store.projection import Row

log = logging.getLogger(__name__)

GATHER_S = 0.004
"""How long a shard waits for company once it has something to do: a durable insert costs 10 ms anyway."""
MAX_GROUP_EVENTS = 20_000


@dataclass(slots=True)
class Verdict:
    """What became of one request's events (or of a shard's share of them)."""

    accepted: int = 0
    duplicates: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    """(position, code, reason)"""


class Standing(NamedTuple):
    """A conversation's row as it stands in the wide table."""

    conversation_id: str
    started_at: int
    """Epoch milliseconds; part of the row's key."""
    events: int
    """How many it was made from."""


@dataclass(slots=True)
class Part:
    """A shard's share of one request."""

    project_id: int
    items: list[Incoming]
    rejects: list[Row]
    future: Future[Verdict]
    reproject: list[str]
    """Conversations to fold and write again though nothing new was said of them."""
    refresh: list[Standing] = field(default_factory=list)
    """Rows to make again because columns changed; what was said stays as it is, where it is complete."""


class Shard:
    """One committing thread and its queue."""

    def __init__(self, commit: Callable[[list[Part]], list[Verdict]], number: int) -> None:
        self._commit = commit
        self._queue: queue.SimpleQueue[Part | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._run, name=f"commit-{number}", daemon=True)
        self._guard = threading.Lock()
        self.pending = 0
        self.observe: Callable[[float, int], None] = lambda _seconds, _events: None
        """Called after each commit: how long it took, and how many events it held."""

    def put(self, part: Part) -> None:
        # Running from now on: nobody who stops waiting can cancel it under the committing thread's hands.
        part.future.set_running_or_notify_cancel()
        with self._guard:
            self.pending += len(part.items)
        self._queue.put(part)

    def stop(self) -> None:
        self._queue.put(None)
        if self.thread.ident is not None:
            self.thread.join()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            group, stopping = self._gather()
            if group:
                self._answer(group)
                with self._guard:
                    self.pending -= sum(len(part.items) for part in group)

    def _gather(self) -> tuple[list[Part], bool]:
        """The next group, and whether to stop after it."""
        group: list[Part] = []
        size = 0
        deadline: float | None = None
        while size < MAX_GROUP_EVENTS:
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                part = self._queue.get(timeout=wait)
            except queue.Empty:
                break
            if part is None:
                return group, True
            group.append(part)
            size += len(part.items)
            deadline = deadline or time.monotonic() + GATHER_S
        return group, False

    def _answer(self, group: list[Part]) -> None:
        began = time.perf_counter()
        try:
            verdicts = self._commit(group)
        except Exception as error:
            if len(group) > 1:
                # One request must not fail because of its neighbour: each alone, so that only the one
                # that cannot be committed is told so.
                for part in group:
                    self._answer([part])
                return
            log.exception("a commit failed; the client is told to send it again")
            group[0].future.set_exception(
                error
                if isinstance(error, AftercallError)
                else Unavailable(f"The events could not be stored ({type(error).__name__}): send them again.")
            )
            return
        self.observe(time.perf_counter() - began, sum(len(part.items) for part in group))
        for part, verdict in zip(group, verdicts, strict=True):
            part.future.set_result(verdict)
