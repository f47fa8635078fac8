"""A backfill of one conversation: what is there already, what is asked, what is written.

Values are metric events of ``source: extraction`` whose ids are made from the backfill's and the metric's
names: a repetition after a crash finds them and asks nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import UNSET

from aftercall.catalog.projects import Project
from aftercall.extraction import Call, Field, Found, LlmExtractor, Redactor, Results, extract
from aftercall.extraction.events import events_of
from aftercall.jobs.attempt import incoming
from aftercall.jobs.extractors import extractors_of
from aftercall.jobs.told import Loader, Told
from aftercall.jobs.writer import Writer
from aftercall.llm import Door, Session
from aftercall.model.times import now_ms
from aftercall.store.attempts import attempt_of
from aftercall.store.incoming import Entry

log = logging.getLogger(__name__)

Event = dict[str, Any]
PreviousContacts = Callable[[Project, Told], int | None]

CAP = "SPEND_CAP_REACHED"
HALTING = frozenset({
    CAP, "MODEL_UNAUTHORIZED", "MODEL_QUOTA_EXCEEDED", "MODEL_NOT_FOUND", "MODEL_NOT_CONFIGURED",
    "MODEL_REDACTION_FAILED", "MODEL_CLOSED",
})  # fmt: skip
"""Failures of every call alike. Nothing is written for them, and going on makes no sense."""


@dataclass(frozen=True)
class Job:
    """One backfill, ready to run."""

    id: str
    project: Project
    fields: tuple[Field, ...]
    again: bool = False
    asks_a_model: bool = False


@dataclass(frozen=True)
class One:
    """What became of a conversation. ``put_off``: failures that may be gone later by themselves, by metric:
    nothing is written for these, and the call keeps the value that it had."""

    conversation_id: str
    events: Sequence[Event] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    already: Sequence[str] = ()
    put_off: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    """The values that stood there."""
    halt: str = ""
    """Why nobody needs to be asked for now: ``CODE: message``."""
    gone: bool = False
    """It was erased."""


class Filler:
    """Thread-safe."""

    def __init__(
        self,
        loader: Loader,
        writer: Writer,
        *,
        door: Door | None = None,
        redactor: Redactor | None = None,
        previous_contacts: PreviousContacts | None = None,
    ) -> None:
        self._loader = loader
        self._writer = writer
        self._door = door
        self._redactor = redactor
        self._previous_contacts = previous_contacts

    def asks_a_model(self, project: Project, fields: Sequence[Field]) -> bool:
        wanted = any(LlmExtractor.name in one.extractors for one in fields)
        return wanted and self._door is not None and self._door.is_configured(project.slug)

    def find(self, job: Job, conversation_id: str) -> One:
        """Nothing is written. Raises what the store raises."""
        told = self._loader.load(job.project.id, conversation_id)
        if told is None:
            return One(conversation_id, gone=True)
        mine = _mine(job, told)
        left = [one for one in job.fields if one.name not in mine]
        already = [] if job.again else [one.name for one in left if _has_value(told, one)]
        asked = [one for one in left if one.name not in already]
        before = {one.name: _standing(told, one.name) for one in job.fields}
        if not asked:
            return One(conversation_id, [*mine.values()], already=already, before=before)
        call = Call.of(
            conversation_id, _as_asked(told), previous_contacts=self._before(job.project, told, asked)
        )
        try:
            extractors = extractors_of(job.project, self._session(job, conversation_id), self._redactor)
            results = extract(call, asked, extractors)
        except Exception as error:
            # A fault of ours: this call must not hold up all others, and a repaired version takes it up.
            log.exception("extracting from %r broke", conversation_id)
            broke = {one.name: f"BROKE: {type(error).__name__}" for one in asked}
            return One(conversation_id, [*mine.values()], already=already, put_off=broke, before=before)
        halt = _halt(results)
        put_off = {one.name: found.reason for one, found in results.found if _may_pass(found)}
        kept = [(one, found) for one, found in results.found if not _may_pass(found)]
        # Never before what the call itself told: an agent's clock may be ahead.
        at = max(now_ms(), told.conversation.last_event_at)
        events = events_of(kept, conversation_id, prefix=job.id, at=at)
        for event in events:
            event["lineage"]["attempt"] = job.id
        return One(
            conversation_id,
            [*mine.values(), *events],
            skipped=results.skipped,
            already=already,
            put_off=put_off,
            before=before,
            halt=halt,
        )

    def write(self, job: Job, one: One) -> One:
        """On disk and visible when it returns. Raises what the committer raises."""
        if one.halt or one.gone or not one.events:
            return one
        stays = self._writer.write(job.project.id, incoming(one.events, now_ms()))
        return one if stays else One(one.conversation_id, gone=True)

    def _before(self, project: Project, told: Told, fields: Sequence[Field]) -> int | None:
        if self._previous_contacts is None or not any(one.asks_previous_contacts for one in fields):
            return None
        return self._previous_contacts(project, told)

    def _session(self, job: Job, conversation_id: str) -> Session | None:
        slug = job.project.slug
        if self._door is None or not self._door.is_configured(slug):
            return None
        return self._door.session(slug, conversation_id, generation=job.id if job.again else "")


def _mine(job: Job, told: Told) -> dict[str, Event]:
    """By metric, what this backfill has written already."""
    found: dict[str, Event] = {}
    for event_id, entry in told.entries.items():
        if event_id.startswith(f"{job.id}-") and attempt_of(entry) == job.id:
            event = msgspec.json.decode(told.bodies[event_id], type=dict[str, Any])
            found[str(event.get("name"))] = event
    return found


def _extracted(told: Told, name: str) -> Entry | None:
    """The newest extraction of a metric that counts."""
    writes = [one for one in told.conversation.writes if one.event.name == name]
    return next((one for one in reversed(writes) if one.event.source == "extraction"), None)


def _has_value(told: Told, asked: Field) -> bool:
    """Whether an answer to the same question stands there; a failure is none."""
    newest = _extracted(told, asked.name)
    lineage = (newest.event.lineage or {}) if newest is not None else {}
    return lineage.get("definition") == asked.version and lineage.get("status") != "failed"


def _standing(told: Told, name: str) -> Any:
    writes = told.conversation.metrics.get(name)
    if not writes:
        return None
    value = writes[-1].event.value
    return True if value is UNSET else value


def _as_asked(told: Told) -> list[Event]:
    """The call as a new attempt would read it: what was told of it, and what the project's code wrote after
    it, but no values that were extracted before."""
    events = told.of_the_call()
    for entry in told.conversation.writes:
        if attempt_of(entry) is not None and "definition" not in (entry.event.lineage or {}):
            value = True if entry.event.value is UNSET else entry.event.value
            told_ = {"kind": "metric", "at": entry.at, "name": entry.event.name, "value": value}
            events.append(told_ | {"invalid": entry.event.invalid})
    return events


def _may_pass(found: Found) -> bool:
    return found.status == "failed" and found.passing


def _halt(results: Results) -> str:
    """Also where the next extractor had an answer: a backfill is to be of one kind."""
    for _, found in results.found:
        reasons = [found.reason] if found.status == "failed" else []
        reasons += [reason for _, status, reason in found.tried if status == "failed"]
        for reason in reasons:
            if reason.partition(":")[0] in HALTING:
                return reason
    return ""
