"""An attempt's result as events: what its steps wrote, and the ``postcall`` event that says how it went.

All of them go into the store in one insert, under ids made from the attempt's name: a result is there whole
or not at all, and a second run after a crash adds nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from aftercall.jobs.settings import Settings
from aftercall.jobs.step import Result, Work
from aftercall.model.events import event_decoder
from aftercall.model.times import now_ms, parse_ms
from aftercall.runtime import Outcome
from aftercall.store.incoming import Incoming

PRINTED = 16_000
"""Characters kept of what a function printed."""


def outcome_id(attempt: str) -> str:
    """Id of the ``postcall`` event of the attempt of that name."""
    return f"{attempt}-outcome"


def failed(error: str) -> Result:
    """A result for work that could not even be begun."""
    return Result(Outcome("failed", error=error), retry=False)


class Report:
    """Of one attempt; ``results`` by the names of the steps that had something to do."""

    def __init__(
        self, work: Work, results: Sequence[tuple[str, Result]], settings: Settings, duration_ms: float
    ) -> None:
        self._work = work
        self._results = results
        self._duration_ms = duration_ms
        # Part of the name inside the events, not of their ids: should a process that was taken for dead
        # finish the same attempt too, what it adds is of a run that reported no outcome, and counts nothing.
        self._run = f"{work.task.attempt}~{secrets.token_hex(4)}"
        self._now = now_ms()
        # The newest attempt is the one that counts, also where the clock was set back since the last, or
        # is behind the clock of the process that made that.
        self._at = max(self._now, work.told.reported_at + 1)
        bad = [result for _, result in results if not result.outcome.ok]
        self._error = next((result.outcome.error or "failed" for result in bad), None)
        self._traceback = next((result.outcome.traceback for result in bad if result.outcome.traceback), None)
        self.retry_at = self._retry_at(bad, settings)

    @property
    def ok(self) -> bool:
        return self._error is None

    @property
    def is_final(self) -> bool:
        """Nothing more is tried by itself."""
        return self.retry_at is None

    def _retry_at(self, bad: list[Result], settings: Settings) -> int | None:
        number = self._work.task.number
        if not bad or number >= settings.tries or not all(result.retry for result in bad):
            return None
        return self._now + int(settings.backoff_s[number - 1] * 1000)

    def items(self) -> list[Incoming]:
        events: list[dict[str, Any]] = []
        for name, result in self._results:
            lineage = {"extractor": name, "version": result.version}
            written = [*result.outcome.events, *self._printed(name, result.outcome)]
            events += [
                {**event, "lineage": {**lineage, **(event.get("lineage") or {}), "attempt": self._run}}
                for event in written
            ]
        events.append(self._outcome())
        return incoming(events, self._now)

    def _printed(self, step: str, outcome: Outcome) -> Iterable[dict[str, Any]]:
        for stream, text in (("stdout", outcome.stdout), ("stderr", outcome.stderr)):
            if text:
                yield {
                    "kind": "log",
                    "id": f"{self._work.prefix(step)}-{stream}",
                    "conversation_id": self._work.told.conversation_id,
                    "at": self._now,
                    "source": "extraction",
                    "content": text[:PRINTED],
                    "is_pii": True,  # nobody said it is not
                    "fields": {"logger": stream},
                }

    def _outcome(self) -> dict[str, Any]:
        lineage: dict[str, Any] = {
            "attempt": self._run,
            "events": self._work.told.conversation.postcall.told,
            "try": self._work.task.number,
        }
        version = next((result.version for _, result in self._results if result.version), None)
        calls = sum(result.outcome.llm_calls for _, result in self._results)
        optional = {"retry_at": self.retry_at, "version": version, "llm_calls": calls or None}
        lineage |= {key: value for key, value in optional.items() if value is not None}
        event: dict[str, Any] = {
            "kind": "postcall",
            "id": outcome_id(self._work.task.attempt),
            "conversation_id": self._work.told.conversation_id,
            "at": self._at,
            "source": "extraction",
            "attempt": self._run,
            "status": "ok" if self.ok else "failed",
            "duration_ms": round(self._duration_ms, 1),
            "lineage": lineage,
        }
        if not self.ok:
            event |= {"error": self._error, "traceback": self._traceback}
        return event


def incoming(events: Iterable[dict[str, Any]], received_at: int) -> list[Incoming]:
    """Wire events, complete with id and at, as the committer takes them."""
    items = []
    for position, event in enumerate(events):
        body = msgspec.json.encode(event)
        decoded = event_decoder.decode(body)
        items.append(
            Incoming(position, decoded, event["id"], parse_ms(event["at"]), received_at, body.decode())
        )
    return items
