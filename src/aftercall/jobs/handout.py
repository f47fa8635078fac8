"""What was handed out and is not finished: the poller's memory of it, which it may lose without harm."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aftercall.jobs.durable import Durable
from aftercall.jobs.task import Analyse

log = logging.getLogger(__name__)

AGAIN_S = 5.0
AGAIN_MOST_S = 300.0


@dataclass(slots=True)
class _Stuck:
    """A job that ended without a result: our own failure, as the store being away. Tried again, slower and
    slower."""

    times: int
    not_before: float


class Handout:
    """One per poller, used by its thread alone."""

    def __init__(self, durable: Durable, give_up: Callable[[Analyse, str], None]) -> None:
        self._durable = durable
        self._give_up = give_up
        self._out: dict[str, Analyse] = {}
        self._stuck: dict[str, _Stuck] = {}
        self._tidy_at = 0.0

    def __len__(self) -> int:
        return len(self._out)

    def per_project(self, project_id: int) -> int:
        return sum(task.project_id == project_id for task in self._out.values())

    def conversations(self, project_id: int) -> list[str]:
        """Of the project, those whose jobs are under way."""
        return [task.conversation_id for task in self._out.values() if task.project_id == project_id]

    def refresh(self) -> None:
        """Drop what is finished, here or in another process."""
        if self._out:
            unfinished = self._durable.unfinished(Analyse.queue)
            self._out = {key: task for key, task in self._out.items() if key in unfinished}

    def hand_out(self, tasks: Sequence[Analyse]) -> None:
        """A task that was handed out before and is due all the same ended without a result: again."""
        now = time.monotonic()
        tasks = [task for task in tasks if self._may(task, now)]
        again = [task for task in tasks if task.id in self._stuck]
        if again:
            dead = self._durable.forget_finished([task.id for task in again])
            for task in [task for task in again if task.id in dead]:
                log.error("post-call work on %r ended its process every time", task.conversation_id)
                self._give_up(task, "the server ended each time while this ran: too much memory, or a crash")
                tasks.remove(task)
        if tasks:
            self._durable.enqueue(tasks)
        for task in tasks:
            self._out[task.id] = task
            stuck = self._stuck.get(task.id)
            times = 0 if stuck is None else stuck.times + 1
            pause = min(AGAIN_S * 2**times, AGAIN_MOST_S)
            # Noted on the first time as well: whoever is found here again was handed out before.
            self._stuck[task.id] = _Stuck(times, now + pause)
        self._tidy(now)

    def _may(self, task: Analyse, now: float) -> bool:
        stuck = self._stuck.get(task.id)
        return stuck is None or now >= stuck.not_before

    def _tidy(self, now: float) -> None:
        """What is not asked for again within the longest pause has its result."""
        if now >= self._tidy_at:
            self._tidy_at = now + AGAIN_MOST_S / 5
            self._stuck = {k: s for k, s in self._stuck.items() if s.not_before + AGAIN_MOST_S > now}
