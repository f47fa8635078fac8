"""Calls that happen now: each event when its moment has come."""

from __future__ import annotations

import heapq
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aftercall.demo.simulator.crew import Crew, example
from aftercall.demo.simulator.orders import Order, Request
from aftercall.demo.simulator.past import SEED
from aftercall.model.times import now_ms

NEXT_CALL_S = (8.0, 25.0)
"""Seconds from the beginning of one call to that of the next, at least and at most."""

Event = dict[str, Any]


def live(
    stop: threading.Event,
    seed: str = SEED,
    *,
    next_call_s: tuple[float, float] = NEXT_CALL_S,
    project: Path | None = None,
    version: str | None = None,
    analysed: bool = False,
    clock: Callable[[], int] = now_ms,
    wait: Callable[[float], object] | None = None,
) -> Iterator[list[Event]]:
    """Yields the events that have become due, of one or several calls at once, until ``stop`` is set; then
    the calls that are still going on end, and their ends are yielded, too.

    ``analysed``: as for ``past``. ``clock``: epoch milliseconds. ``wait``: for so many seconds, or until
    ``stop`` is set.
    """
    root = str((project or example()).absolute())
    order = Order(project=root, seed=seed, version=version, analysed=analysed)
    pause = wait or stop.wait
    chance = random.Random(f"{seed}/{clock()}")
    agenda = Agenda()
    next_call, number = clock(), 0
    with Crew(order, 1) as crew:
        while not stop.is_set():
            now = clock()
            if now >= next_call:
                crew.request(0, Request(number, now))
                agenda.add(crew.call(0))
                number += 1
                next_call = now + int(chance.uniform(*next_call_s) * 1000)
            ready = agenda.due(now)
            if ready:
                yield ready
            pause(max(0.0, (min(next_call, agenda.next or next_call) - clock()) / 1000))
    cut = agenda.cut(clock())
    if cut:
        yield cut


class Agenda:
    """Events of calls that go on, each to be told at its moment. Times are epoch milliseconds."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Event]] = []
        self._added = 0
        self._told: dict[str, int] = {}
        """How many events of each call that is not over were told."""

    def add(self, events: list[Event]) -> None:
        ended = next(event["ended_at"] for event in events if event["kind"] == "end")
        for event in events:
            # An utterance is known when it is over. What comes after the end is told together with it, so
            # that nobody takes the call for one that is still to be analysed.
            moment = min(int(event.get("ended_at") or event["at"]), ended)
            heapq.heappush(self._waiting, (moment, self._added, event))
            self._added += 1

    @property
    def next(self) -> int | None:
        """When the next event is due."""
        return self._waiting[0][0] if self._waiting else None

    def due(self, now: int) -> list[Event]:
        ready = []
        while self._waiting and self._waiting[0][0] <= now:
            ready.append(heapq.heappop(self._waiting)[2])
        self._note(ready)
        return ready

    def cut(self, now: int) -> list[Event]:
        """The rest of what has begun by now, and an end for every call that has none: the agent hangs up."""
        rest = [_until(now, event) for _, _, event in sorted(self._waiting) if event["at"] <= now]
        rest = [event for event in rest if event["kind"] != "end" and event.get("source") != "extraction"]
        self._waiting.clear()
        self._note(rest)
        for conversation_id, told in self._told.items():
            seq = told + 1
            end = {"kind": "end", "at": now, "ended_at": now, "reason": "agent_hangup", "last_seq": seq}
            rest.append(
                {**end, "conversation_id": conversation_id, "id": f"{conversation_id}-{seq}", "seq": seq}
            )
        return rest

    def _note(self, events: list[Event]) -> None:
        for event in events:
            conversation_id = event["conversation_id"]
            if event["kind"] == "end":
                self._told.pop(conversation_id, None)
            elif event.get("source") != "extraction":
                self._told[conversation_id] = self._told.get(conversation_id, 0) + 1


def _until(now: int, event: Event) -> Event:
    """Whoever speaks when the call is cut has spoken up to then."""
    return {**event, "ended_at": now} if event.get("ended_at", now) > now else event
