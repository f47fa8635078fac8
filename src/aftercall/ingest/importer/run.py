"""One import from its first line to its summary."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from aftercall.ingest.explain import Refused
from aftercall.ingest.importer.aside import Aside, aside_path
from aftercall.ingest.importer.batches import Batch, Batches
from aftercall.ingest.importer.conversation import BadLine, read
from aftercall.ingest.importer.lines import Line, lines
from aftercall.ingest.importer.mapping import WireEvent, events_of
from aftercall.ingest.importer.progress import Progress, State
from aftercall.ingest.importer.sender import Sender, Verdict
from aftercall.ingest.importer.source import Source
from aftercall.ingest.judge import Judge
from aftercall.model.events import encoder
from aftercall.model.times import now_ms

IN_FLIGHT = 3
"""Requests on their way at once: one is read, one is committed, one is being answered."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to import, and how."""

    source: Source
    project: str
    server: str
    """Which server, as a name that stays the same from run to run."""
    home: Path
    started_at: int | None = None
    """Epoch milliseconds for conversations that have no start; None takes the file's own date."""
    labels: bool = False
    restart: bool = False


@dataclass(slots=True)
class Summary:
    """What became of one file. Counts are of this run; ``set_aside`` is of the whole import."""

    file: str
    project: str
    conversations: int = 0
    """Acknowledged with all their events."""
    accepted: int = 0
    """Events that were new."""
    duplicates: int = 0
    """Events that the server had already."""
    refused: int = 0
    """Events that the server would not take; their lines are set aside."""
    erased: int = 0
    """Events of conversations that were erased on the server, and stay so."""
    set_aside: int = 0
    set_aside_file: str | None = None
    resumed_after_line: int = 0
    lines: int = 0
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        rate = round(self.conversations / self.seconds, 1) if self.seconds else None
        return {**asdict(self), "seconds": round(self.seconds, 3), "conversations_per_second": rate}


Report = Callable[[Summary, int], None]
"""Called after every acknowledgement with the counts so far and the bytes of the source that are done."""


class Import:
    """Reads, maps, sends and keeps account. Guarantee: a line counts as done only when the server has
    acknowledged all of its events, which means they are on disk; killing this process at any moment
    loses nothing, and running the same import again goes on after the last line that was done."""

    def __init__(self, plan: Plan, sender: Sender, report: Report) -> None:
        self._plan = plan
        self._sender = sender
        self._report = report
        self.summary = Summary(file=plan.source.name, project=plan.project)
        self._seen: dict[str, int] = {}
        self._judge = Judge(now_ms(), may_erase=False)

    def run(self) -> Summary:
        """Raises what the sender raises; what was done until then is kept."""
        plan, began = self._plan, time.monotonic()
        progress = Progress(plan.home, plan.source.digest(), plan.project, plan.server, plan.labels)
        state = None if plan.restart else progress.load()
        if state is None:
            state = State(plan.source.name, plan.project, 0, plan.source.fallback_ms())
        if plan.started_at is not None:
            state.fallback_ms = plan.started_at
        self.summary.resumed_after_line = state.lines_done
        with Aside(aside_path(plan.source.path, plan.home), resumed_after=state.lines_done) as aside:
            try:
                self._send_all(state, aside, progress)
            finally:
                self._close(aside, began)
        progress.clear()
        return self.summary

    def _close(self, aside: Aside, began: float) -> None:
        self.summary.set_aside = aside.count
        self.summary.set_aside_file = str(aside.path) if aside.count else None
        self.summary.seconds = time.monotonic() - began

    def _send_all(self, state: State, aside: Aside, progress: Progress) -> None:
        waiting: deque[tuple[Batch, Future[Verdict]]] = deque()

        def settle() -> None:
            batch, future = waiting.popleft()
            self._acknowledged(batch, future.result(), aside)
            state.lines_done = batch.through
            progress.save(state)
            self._report(self.summary, batch.read)

        pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="import")
        try:
            for batch in self._batches(state, aside):
                # In order on purpose: what is done is then always a whole beginning of the file.
                if len(waiting) >= IN_FLIGHT:
                    settle()
                waiting.append((batch, pool.submit(self._sender.send, batch.body())))
            while waiting:
                settle()
        except BaseException:
            self._sender.stop()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _batches(self, state: State, aside: Aside) -> Iterator[Batch]:
        batches = Batches()
        with self._plan.source.open() as file:
            for line in lines(file):
                self.summary.lines = line.number
                if line.number <= state.lines_done:
                    self._remember(line)
                    continue
                try:
                    events = self._events(line, state.fallback_ms)
                except BadLine as bad:
                    aside.add(line, bad.code, bad.reason)
                    batches.skip(line)
                else:
                    yield from batches.add(line, events)
        if batches.rest().events:
            yield batches.rest()

    def _events(self, line: Line, fallback_ms: int) -> list[bytes]:
        if line.fault is not None:
            raise BadLine("UNREADABLE", line.fault)
        told = read(line.data)
        first = self._seen.setdefault(told.id, line.number)
        if first != line.number:
            raise BadLine("SAME_ID", f"its id stands on line {first} already: {told.id[:80]!r}")
        return [self._encoded(event) for event in events_of(told, fallback_ms, labels=self._plan.labels)]

    def _encoded(self, event: WireEvent) -> bytes:
        """Judged here as the server will judge it, so that a line goes in whole or not at all."""
        try:
            data = encoder.encode(event)
            self._judge.one(data)
        except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
            raise BadLine("WRONG_SHAPE", f"its event {event['id']!r}: {error}") from error
        except Refused as refused:
            raise BadLine(refused.code, f"its event {event['id']!r}: {refused.reason}") from refused
        return data

    def _remember(self, line: Line) -> None:
        """The ids of lines that an earlier run has done: this run must notice them too."""
        try:
            self._seen.setdefault(read(line.data).id, line.number)
        except BadLine:
            return  # set aside by that run, and still in its file

    def _acknowledged(self, batch: Batch, verdict: Verdict, aside: Aside) -> None:
        summary = self.summary
        summary.accepted += verdict.accepted
        summary.duplicates += verdict.duplicates
        summary.conversations += batch.conversations
        reported = set()
        for rejected in verdict.rejected:
            if rejected.code == "ERASED":
                # Nothing of an erased conversation may be written anywhere again, so not aside either.
                summary.erased += 1
                continue
            summary.refused += 1
            line = batch.owners[rejected.position]
            if line.number not in reported:
                reported.add(line.number)
                aside.add(line, rejected.code, f"partly refused by the server: {rejected.reason}")
