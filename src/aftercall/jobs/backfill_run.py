"""One pilot, or one page of a backfill: many conversations at a time, and what to make of the outcome."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Literal

from aftercall.catalog.backfills import Backfill, Key, Note
from aftercall.jobs.backfill_one import CAP, Filler, Job, One
from aftercall.jobs.backfill_tally import failures, spent, status_of, tally
from aftercall.jobs.backfill_task import Task
from aftercall.jobs.backfill_throttle import Pace, Throttle
from aftercall.jobs.extractors import model_of
from aftercall.llm import Door, ModelNotConfigured

LOOK_S = 1.0
"""How often it is looked whether somebody cancelled it."""
OUTAGE = 3
"""So many put off in a page, and no answer of a model in it, is an outage and not these calls' own fault."""
MOST_STALLS = 3
"""After so many pauses for the same page it is these calls after all: they are told as failures."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stop:
    """Why a page was not done to its end."""

    reason: str
    kind: Literal["cap", "person", "outage", "over"]


@dataclass(frozen=True)
class Page:
    counted: Sequence[One]
    """From the first on, without a gap."""
    cursor: Key | None
    stop: Stop | None = None


class Run:
    """Of one backfill in this process. ``is_wanted``: asked now and then; False ends it early."""

    def __init__(
        self,
        record: Backfill,
        job: Job,
        filler: Filler,
        pool: ThreadPoolExecutor,
        pace: Pace,
        *,
        busy: Callable[[], bool],
        is_wanted: Callable[[], bool],
    ) -> None:
        self._record = record
        self._task = Task.of(record.task)
        self._job = job
        self._filler = filler
        self._pool = pool
        self._is_wanted = is_wanted
        self._over = threading.Event()
        places = self._task.at_once if job.asks_a_model else None
        self._throttle = Throttle(places, pace, busy, self._over.is_set)

    @property
    def asks_a_model(self) -> bool:
        return self._job.asks_a_model

    def pilot(self, keys: Sequence[Key], door: Door | None) -> tuple[dict[str, Any], list[Note], Stop | None]:
        """Its counts, with the estimate for all; what each conversation came to. Nothing is written."""
        began = time.monotonic()
        ones = self._each(keys, write=False)
        seconds = time.monotonic() - began
        found = [one for one in ones if one is not None and not one.halt]
        stop = self._stopped(ones)
        counts = tally(found, self._texts)
        counts |= {
            "conversations": len(found),
            "seconds": round(seconds, 2),
            "estimate": self._estimate(found, seconds, door),
        }
        notes = [note for one in found for note in (*_samples(one), *failures(one))]
        if stop is not None and stop.kind != "over":
            notes += self._why(ones, stop)
        return counts, notes, stop

    def _why(self, ones: Sequence[One | None], stop: Stop) -> list[Note]:
        """Why there are fewer than were asked for."""
        names = ", ".join(one.name for one in self._job.fields)
        halted = (one.conversation_id for one in ones if one is not None and one.halt)
        body = {"metric": names, "reason": f"the pilot ended here: {stop.reason[:900]}"}
        return [Note("failure", id_, body) for id_ in list(halted)[:1]]

    def page(self, keys: Sequence[Key]) -> Page:
        ones = self._each(keys, write=True)
        stop = self._stopped(ones)
        counted: list[One] = []
        for one in ones:
            if one is None or one.halt or (stop is not None and stop.kind == "outage" and one.put_off):
                break
            counted.append(one)
        return Page(counted, keys[len(counted) - 1] if counted else None, stop)

    def counts(self, counted: Sequence[One]) -> dict[str, Any]:
        return tally(counted, self._texts, self._record.result)

    @property
    def _texts(self) -> frozenset[str]:
        return frozenset(one.name for one in self._job.fields if one.type == "text")

    def _each(self, keys: Sequence[Key], *, write: bool) -> list[One | None]:
        """None: not done. Raises what the store raises."""
        futures = [self._pool.submit(self._one, key[1], write) for key in keys]
        self._wait(futures)
        error = next((e for one in futures if (e := one.exception()) is not None), None)
        if error is not None and self._is_wanted():
            raise error
        return [None if one.exception() is not None else one.result() for one in futures]

    def _wait(self, futures: Sequence[Future[One | None]]) -> None:
        left = set(futures)
        while left:
            done, left = wait(left, LOOK_S, FIRST_COMPLETED)
            if not self._is_wanted() or any(one.exception() is not None for one in done):
                self._over.set()

    def _one(self, conversation_id: str, write: bool) -> One | None:
        if self._over.is_set():
            return None
        with self._throttle.turn() as go:
            if not go:
                return None
            one = self._filler.find(self._job, conversation_id)
        if one.halt:
            self._over.set()  # the others would hear the same
        if not write:
            return one
        return self._filler.write(self._job, one) if self._is_wanted() else None

    def _stopped(self, ones: Sequence[One | None]) -> Stop | None:
        halt = next((one.halt for one in ones if one is not None and one.halt), "")
        if halt:
            return Stop(halt, "cap" if halt.startswith(CAP) else "person")
        if not self._is_wanted():
            return Stop("", "over")
        put_off = [one for one in ones if one is not None and one.put_off]
        if self._record.stalls >= MOST_STALLS:
            return None
        if len(put_off) >= OUTAGE and not any(_answered(one) for one in ones if one is not None):
            return Stop(next(iter(put_off[0].put_off.values())), "outage")
        return None

    def _estimate(self, found: Sequence[One], seconds: float, door: Door | None) -> dict[str, Any]:
        """For all, by what these took. A stored answer took no time and cost nothing, so it counts by its
        tokens, and where nothing else was asked the time is not known."""
        total, number = self._record.total, len(found)
        if not number:
            return {"conversations": total, "seconds": None, "cost": None}
        asked = [event for one in found for event in one.events if spent(event)[0]]
        stored = asked and all(event["lineage"].get("cached") for event in asked)
        per_minute = self._task.per_minute
        each = max(seconds / number, 60 / per_minute if per_minute else 0.0)
        costs = [self._cost(event, door) for event in asked]
        cost = None if any(one is None for one in costs) else sum(one or 0.0 for one in costs)
        return {
            "conversations": total,
            "seconds": None if stored else round(each * total, 1),
            "cost": None if cost is None else round(cost / number * total, 6),
        }

    def _cost(self, event: dict[str, Any], door: Door | None) -> float | None:
        if not event["lineage"].get("cached") or door is None:
            return spent(event)[3]
        named = {one.name: model_of(self._job.project, one) for one in self._job.fields}
        try:
            route = door.settings_of(self._job.project.slug, named.get(str(event["name"])))
        except ModelNotConfigured:
            return None
        _, tokens_in, tokens_out, _ = spent(event)
        return route.cost(round(tokens_in), round(tokens_out))


def _answered(one: One) -> bool:
    return any(event["lineage"].get("requests") and status_of(event) != "failed" for event in one.events)


def _samples(one: One) -> list[Note]:
    made = []
    for event in one.events:
        lineage = event["lineage"]
        first = (event.get("evidence") or [{}])[0]
        body = {
            "metric": event["name"],
            "status": status_of(event),
            "value": event.get("value") if status_of(event) != "failed" else None,
            "counts": "invalid" not in event and event.get("value") is not None,
            "reason": lineage.get("reason"),
            "quote": first.get("quote"),
            "turn": first.get("turn"),
            "extractor": lineage.get("extractor"),
            "before": _shown(one.before.get(str(event["name"]))),
        }
        made.append(Note("sample", one.conversation_id, body))
    others = [(name, "skipped", reason) for name, reason in one.skipped.items()]
    others += [(name, "already", "it has a value of this version") for name in one.already]
    others += [(name, "failed", reason) for name, reason in one.put_off.items()]
    for name, status, reason in others:
        empty = dict.fromkeys(("value", "quote", "turn", "extractor"))
        body = {"metric": name, "status": status, "counts": False, "reason": reason, **empty}
        body["before"] = _shown(one.before.get(name))
        made.append(Note("sample", one.conversation_id, body))
    return made


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
