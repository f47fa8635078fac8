"""What was done after a conversation: its post-call attempts, and another one by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from aftercall.model.events import Metric, PostCall
from aftercall.model.times import iso
from aftercall.store.attempts import attempt_of
from aftercall.store.fold import Conversation, order
from aftercall.store.incoming import Entry
from aftercall.web.answers import Json
from aftercall.web.api import postcall_examples as examples
from aftercall.web.api.agents import no_conversation
from aftercall.web.api.documented import answers
from aftercall.web.api.postcall_models import AttemptsShape, ReplayShape
from aftercall.web.caller import Administering, Caller, ReadingTranscripts

router = APIRouter(tags=["After the call"])
PATH = "/v1/conversations/{project}/{conversation_id:path}"


class Again(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"fresh": False}]})

    fresh: bool = Field(
        False, description="Ask models anew, instead of giving the answers stored for the same questions."
    )


@router.get(
    PATH + "/attempts",
    summary="Its post-call attempts",
    **answers(AttemptsShape, examples.ATTEMPTS),
)
async def list_attempts(caller: ReadingTranscripts, project: str, conversation_id: str) -> Json:
    """Every time its `end_function` ran, with what it raised. Scope: `read:transcripts`: errors and
    tracebacks may hold what was said.
    """
    return await caller.answer(_list, project, conversation_id)


def _list(caller: Caller, slug: str, conversation_id: str) -> dict[str, Any]:
    project = caller.project(slug)
    found = caller.services.store.reader.get(project.id, conversation_id)
    if found is None:
        raise no_conversation(conversation_id, slug)
    c = found.conversation
    return {
        "conversation_id": conversation_id,
        "project_id": project.slug,
        "status": c.postcall.status or "in_progress",
        "due_at": _time(c.postcall.due_at),
        "attempts": _shown(c, sorted(found.events, key=order)),
    }


def _shown(c: Conversation, told: Sequence[Entry]) -> list[dict[str, Any]]:
    made = [one for one in told if type(one.event) is PostCall]
    wrote: dict[str, list[str]] = {}
    for one in c.entries:
        attempt = attempt_of(one)
        if attempt is not None and isinstance(one.event, Metric):
            wrote.setdefault(attempt, []).append(one.event.name)
    standing = _standing([one for one in made if one.event_id not in c.retracted], set(wrote))
    return [
        _attempt(one, number, c, wrote, counts=one.event_id == standing) for number, one in enumerate(made, 1)
    ]


def _standing(made: Sequence[Entry], wrote: set[str]) -> str | None:
    """The id of the outcome of the attempt that counts: store/attempts.py says which."""
    good = [one for one in made if one.event.status == "ok"]
    counting = good or [one for one in made if one.event.attempt in wrote]
    return counting[-1].event_id if counting else None


def _attempt(
    one: Entry, number: int, c: Conversation, wrote: dict[str, list[str]], *, counts: bool
) -> dict[str, Any]:
    event = one.event
    assert isinstance(event, PostCall)
    lineage = event.lineage or {}
    retry_at = _whole(lineage.get("retry_at"))
    version = lineage.get("version")
    return {
        "number": number,
        "attempt": event.attempt.partition("~")[0],
        "status": event.status,
        "counts": counts,
        "retracted": one.event_id in c.retracted,
        "started_at": iso(one.at - int(max(event.duration_ms or 0, 0))),
        "ended_at": iso(one.at),
        "duration_ms": event.duration_ms,
        "version": version if isinstance(version, str) else None,
        "tried": _whole(lineage.get("try")),
        "retry_at": _time(retry_at),
        "llm_calls": _whole(lineage.get("llm_calls")) or 0,
        "metrics": list(dict.fromkeys(wrote.get(event.attempt, []))),
        "error": event.error,
        "traceback": event.traceback,
    }


def _whole(value: Any) -> int | None:
    """Lineage is whatever somebody sent."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**42 else None


def _time(ms: int | None) -> str | None:
    return None if ms is None else iso(ms)


@router.post(PATH + "/replay", summary="Analyse it again", **answers(ReplayShape, examples.REPLAY, 202))
async def replay(
    caller: Administering, project: str, conversation_id: str, again: Again | None = None
) -> Json:
    """With the project's newest code. It runs in its own right, whatever results there are; the answer comes
    before it has run, and names the attempt to look for in the list of attempts.

    Scope: `admin`.
    """
    made = await caller.answer(_replay, project, conversation_id, again is not None and again.fresh)
    made.status_code = 202
    return made


def _replay(caller: Caller, slug: str, conversation_id: str, fresh: bool) -> dict[str, Any]:
    project = caller.project(slug)
    attempt = caller.services.jobs.replay(project, conversation_id, fresh=fresh)
    return {"conversation_id": conversation_id, "project_id": project.slug, "attempt": attempt}
