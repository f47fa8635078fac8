"""The thread that takes events from the spools to the server, and removes only what the server has judged."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aftercall.sdk.backoff import FIRST_S, Backoff
from aftercall.sdk.delivery import Delivery, Stopped
from aftercall.sdk.held import is_broken
from aftercall.sdk.notices import Notices
from aftercall.sdk.settings import Settings
from aftercall.sdk.spool import SEPARATOR, Chunk, Spool
from aftercall.sdk.spools import Spools
from aftercall.sdk.verdict import Meaning, Verdict

ADOPT_EVERY_S = 30.0
PASSED_OVER_S = 60.0
"""How long an event that alone breaks the server (500) is let be, before it is tried again."""
_ISOLATE_AFTER = 3
"""Answers 500 in a row to the same chunk, before it is taken apart to find the event that does it."""


class _Lane:
    """The events of one project in one spool: one lane may be closed without the others."""

    def __init__(self) -> None:
        self.closed_until = -math.inf
        self.after = 0
        """Chunks up to this number are passed over until ``again_at``: an event in them breaks the server."""
        self.again_at = math.inf
        self.broke = 0

    def is_open(self, spool: Spool, now: float) -> bool:
        if now >= self.again_at:
            self.after, self.again_at = 0, math.inf
        return self.closed_until <= now and spool.last > self.after

    def next_at(self, spool: Spool, now: float) -> float:
        return now if self.is_open(spool, now) else min(max(self.closed_until, now), self.again_at)


class Sender:
    """``round`` sends what is due and returns the seconds until it wants to be called again."""

    def __init__(
        self,
        spools: Spools,
        delivery: Delivery,
        settings: Settings,
        notices: Notices,
        clock: Callable[[], float] = time.monotonic,
        backoff: Backoff | None = None,
    ) -> None:
        self._spools = spools
        self._delivery = delivery
        self._settings = settings
        self._notices = notices
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._lanes: dict[tuple[Spool, str], _Lane] = {}
        self._send_at = math.inf
        self._retry_at = -math.inf
        self._adopt_at = -math.inf
        self._waiting = 0
        self.last_error: str | None = None
        self.last_success_at: float | None = None
        self.attempted = threading.Condition()
        """Notified after every batch, delivered or not."""

    def run(self, wait: Callable[[float], bool]) -> None:
        """Until ``wait(seconds)`` says True: stop."""
        pause = 0.0
        while not wait(pause):
            try:
                pause = self.round()
            except Exception as error:  # noqa: BLE001 - the thread must live: without it nothing is sent any more
                self._notices.warn("sender", f"the sender failed: {error!r}", error=error)
                pause = self._backoff.next()

    def spooled(self, *, hurry: bool) -> bool:
        """There is something new to send, at once or after gathering; whether the thread should be woken."""
        now = self._clock()
        hurry = hurry or self._spools.events() >= self._settings.max_batch_events
        due = now if hurry else now + self._settings.send_every
        earlier = due < self._send_at
        self._send_at = min(self._send_at, due)
        return earlier

    @contextmanager
    def somebody_waits(self) -> Iterator[threading.Condition]:
        """While in it (flush, close) failures are followed by short pauses only, beginning with none."""
        with self.attempted:
            self._waiting += 1
            self._retry_at = self._send_at = -math.inf
            for lane in list(self._lanes.values()):
                lane.closed_until = -math.inf
            try:
                yield self.attempted
            finally:
                self._waiting -= 1

    def round(self) -> float:
        now = self._clock()
        if now >= self._adopt_at:
            self._adopt_at = now + ADOPT_EVERY_S
            if self._spools.adopt():
                self._send_at = now
            self._lanes = {key: lane for key, lane in self._lanes.items() if key[1] in key[0].lanes}
        if now >= max(self._send_at, self._retry_at):
            self._send_at = math.inf  # first: what is spooled from here on sets it again
            self._drain()
        now = self._clock()
        return max(min(self._adopt_at, max(self._send_at, self._retry_at)) - now, 0.0)

    def _drain(self) -> None:
        """A batch of each lane in turn, until all are empty or closed, or the server is in trouble."""
        while lanes := self._open_lanes():
            for spool, project in lanes:
                if not self._send(spool, project):
                    self._send_at = self._clock()  # as soon as the backoff allows
                    return
        self._spools.tidy()
        now = self._clock()
        waiting = [self._lane(spool, project).next_at(spool, now) for spool, project in self._all_lanes()]
        self._send_at = min([self._send_at, *waiting])

    def _all_lanes(self) -> list[tuple[Spool, str]]:
        return [(spool, project) for spool in self._spools.sources() for project in list(spool.lanes)]

    def _open_lanes(self) -> list[tuple[Spool, str]]:
        now = self._clock()
        return [lane for lane in self._all_lanes() if self._lane(*lane).is_open(lane[0], now)]

    def _lane(self, spool: Spool, project: str) -> _Lane:
        return self._lanes.setdefault((spool, project), _Lane())

    def _send(self, spool: Spool, project: str) -> bool:
        """One batch; False: the server is in trouble, leave it alone."""
        lane = self._lane(spool, project)
        try:
            chunks = self._read(spool, project, lane)
            if chunks:
                self._deliver(spool, chunks, lane)
            else:
                lane.after = spool.last  # what is left lies before: nothing to do until something new comes
        except Stopped as stopped:
            return self._stopped(lane, project, stopped.verdict)
        except (sqlite3.Error, OSError) as error:
            self._unreadable(spool, lane, error)
        finally:
            with self.attempted:
                self.attempted.notify_all()
        return True

    def _read(self, spool: Spool, project: str, lane: _Lane) -> list[Chunk]:
        if lane.broke:  # one chunk alone: a smaller request may pass, and shows which chunk it is
            return spool.read(project, after=lane.after, max_events=1, max_bytes=1)
        limits = self._settings
        return spool.read(
            project, after=lane.after, max_events=limits.max_batch_events, max_bytes=limits.max_batch_bytes
        )

    def _deliver(self, spool: Spool, chunks: list[Chunk], lane: _Lane) -> None:
        events = SEPARATOR.join(chunk.body for chunk in chunks).split(SEPARATOR)
        undelivered = self._delivery.deliver(chunks[0].project, events, isolate=lane.broke >= _ISOLATE_AFTER)
        self._backoff.worked()
        lane.broke = 0
        if undelivered:
            self.last_error = (
                f"the server answers 500 to {undelivered} events of project {chunks[0].project!r}"
            )
            self._notices.warn("poison", f"{self.last_error}; they stay in the spool, the others are sent")
            lane.after = chunks[-1].n
            lane.again_at = min(lane.again_at, self._clock() + PASSED_OVER_S)
            return
        if not any(other.closed_until > self._clock() for other in self._lanes.values()):
            self.last_error = None
        self.last_success_at = time.time()
        spool.delete(chunks)

    def _stopped(self, lane: _Lane, project: str, verdict: Verdict) -> bool:
        self.last_error = verdict.reason
        waiting = self._spools.events()
        if verdict.meaning is Meaning.CONFIGURATION:
            lane.closed_until = self._clock() + self._backoff.for_configuration()
            self._notices.warn(
                f"config {project}", f"the server takes nothing of project {project!r}: {verdict.reason}"
            )
            return True
        lane.broke += 1 if verdict.status == 500 else 0
        pause = self._backoff.next(verdict.retry_after_s)
        if self._waiting:
            pause = min(pause, FIRST_S + (verdict.retry_after_s or 0.0))
        self._retry_at = self._clock() + pause
        self._notices.warn(
            "retry", f"cannot send ({verdict.reason}); {waiting} events wait, next try in {pause:.1f} s"
        )
        return False

    def _unreadable(self, spool: Spool, lane: _Lane, error: Exception) -> None:
        if spool.closed:
            return  # by the end of the process, while an answer was on its way: the next one sends it again
        lane.closed_until = self._clock() + self._backoff.for_configuration()
        self._notices.warn(
            f"spool {spool.path}", f"the spool {spool.path} cannot be read or written: {error}"
        )
        if is_broken(error):
            self._spools.broken(spool, error)
