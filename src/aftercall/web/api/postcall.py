"""Post-call work of a project as a whole: how much waits, what failed, and all failures once more."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from aftercall.jobs import Failure
from aftercall.model.times import iso
from aftercall.web.answers import Json
from aftercall.web.api import postcall_examples as examples
from aftercall.web.api.attempts import Again
from aftercall.web.api.cursor import read_cursor, write_cursor
from aftercall.web.api.documented import answers
from aftercall.web.api.postcall_models import PostCallShape, ReplayedFailedShape
from aftercall.web.caller import Administering, Caller, ProjectHeader

router = APIRouter(tags=["After the call"])
STATUSES = ("pending", "delivered", "failed", "dropped")


class Paging(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, description="Of the previous answer.")


@router.get(
    "/v1/postcall", summary="What waits, and what failed", **answers(PostCallShape, examples.POSTCALL)
)
async def get_postcall(
    caller: Administering, paging: Annotated[Paging, Query()], project: ProjectHeader = None
) -> Json:
    """Counts, and the conversations whose newest attempt failed. Scope: `admin`."""
    return await caller.answer(_get, project, paging)


def _get(caller: Caller, header: str | None, paging: Paging) -> dict[str, Any]:
    project = caller.chosen_project(header)
    before = None if paging.cursor is None else read_cursor(project.id, paging.cursor, "INVALID_INPUT")
    jobs = caller.services.jobs
    counts = jobs.project_counts(project)
    found = jobs.failures(project, limit=paging.limit + 1, before=before)
    page = found[: paging.limit]
    last = page[-1] if len(found) > len(page) else None
    return {
        "project_id": project.slug,
        "state": jobs.state,
        "counts": {
            "due": counts.due,
            "oldest_due_at": _time(counts.oldest_due_at),
            "failed": counts.failed,
            "deliveries": {status: counts.deliveries.get(status, 0) for status in STATUSES},
        },
        "failures": [_failure(one) for one in page],
        "cursor": None if last is None else write_cursor(project.id, (last.started_at, last.conversation_id)),
    }


def _failure(one: Failure) -> dict[str, Any]:
    return {
        "conversation_id": one.conversation_id,
        "started_at": iso(one.started_at),
        "failed_at": iso(one.failed_at),
        "attempts": one.attempts,
        "error": one.error,
        "retry_at": _time(one.retry_at),
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else iso(ms)


@router.post(
    "/v1/postcall/replay-failed",
    summary="Analyse all that failed again",
    **answers(ReplayedFailedShape, examples.REPLAYED_FAILED, 202),
)
async def replay_failed(
    caller: Administering, again: Again | None = None, project: ProjectHeader = None
) -> Json:
    """After a repair, or once a model is configured. Answers before they have run. Scope: `admin`."""
    made = await caller.answer(_replay_failed, project, again is not None and again.fresh)
    made.status_code = 202
    return made


def _replay_failed(caller: Caller, header: str | None, fresh: bool) -> dict[str, Any]:
    project = caller.chosen_project(header)
    return {"replayed": caller.services.jobs.replay_failed(project, fresh=fresh)}
