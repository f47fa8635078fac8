"""Refused events: list, mend, replay, drop. They hold what was said, and replaying writes: scope admin."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from aftercall.ingest import replay as replaying
from aftercall.ingest.intake import Answer
from aftercall.model.times import iso
from aftercall.store.rejects import Reject
from aftercall.web.answers import Json
from aftercall.web.api import examples
from aftercall.web.api.documented import answers, takes
from aftercall.web.api.models import IngestShape, RejectShape, RejectsShape, ReplayedShape
from aftercall.web.caller import Administering, Caller, ProjectHeader

router = APIRouter(tags=["Rejected events"])


class Paging(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000)
    before: str | None = Field(None, max_length=200, description="`next_before` of the previous page.")


class Which(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"code": "UNKNOWN_KIND"}]})

    code: str | None = Field(None, max_length=100, description="Only those refused with it. Default all.")


@router.get("/v1/rejects", summary="List rejected events", **answers(RejectsShape, examples.REJECTS))
async def list_rejects(
    caller: Administering, paging: Annotated[Paging, Query()], project: ProjectHeader = None
) -> Json:
    """Newest first. Scope: `admin`."""
    return await caller.answer(_list, project, paging)


def _list(caller: Caller, header: str | None, paging: Paging) -> dict[str, Any]:
    project = caller.chosen_project(header)
    rejects = caller.services.store.rejects
    found = rejects.list(project.id, limit=paging.limit + 1, before=paging.before)
    page = found[: paging.limit]
    return {
        "rejects": [_shown(one) for one in page],
        "count": rejects.count(project.id),
        "next_before": page[-1].reject_id if len(found) > len(page) else None,
    }


@router.post("/v1/rejects/replay", summary="Judge all again", **answers(ReplayedShape, examples.REPLAYED))
async def replay_rejects(
    caller: Administering, which: Which | None = None, project: ProjectHeader = None
) -> Json:
    """All that wait, or those of one code: after an upgrade, say. Those accepted now leave the list.

    Scope: `admin`.
    """
    return await caller.answer(_replay_all, project, which.code if which else None)


def _replay_all(caller: Caller, header: str | None, code: str | None) -> replaying.Replayed:
    return replaying.replay_all(caller.services.store, caller.chosen_project(header).id, code)


@router.get("/v1/rejects/{reject_id}", summary="One rejected event", **answers(RejectShape, examples.REJECT))
async def get_reject(caller: Administering, reject_id: str, project: ProjectHeader = None) -> Json:
    """Scope: `admin`."""
    return await caller.answer(_get, project, reject_id)


def _get(caller: Caller, header: str | None, reject_id: str) -> dict[str, Any]:
    return _shown(replaying.find(caller.services.store, caller.chosen_project(header).id, reject_id))


@router.post(
    "/v1/rejects/{reject_id}/replay",
    summary="Mend one and judge it again",
    openapi_extra=takes({"$ref": "#/components/schemas/AnyEvent"}, examples.MENDED, required=False),
    **answers(IngestShape, examples.ONE_IN),
)
async def replay_reject(
    caller: Administering, request: Request, reject_id: str, project: ProjectHeader = None
) -> Json:
    """With a body: the mended event. Without one: as it was sent. Accepted, it leaves the list; refused
    again (422, with the verdict), it stays. Without an `id` of its own the event takes the reject's.

    Scope: `admin`.
    """
    return await caller.answer(_replay, project, reject_id, await request.body())


def _replay(caller: Caller, header: str | None, reject_id: str, mended: bytes) -> Answer:
    project = caller.chosen_project(header)
    answer = replaying.replay(caller.services.store, project.id, reject_id, mended or None)
    caller.services.meters.count(answer)
    return answer


@router.delete("/v1/rejects/{reject_id}", summary="Drop one", **answers(RejectShape, examples.REJECT))
async def drop_reject(caller: Administering, reject_id: str, project: ProjectHeader = None) -> Json:
    """Answers what was dropped. Scope: `admin`."""
    return await caller.answer(_drop, project, reject_id)


def _drop(caller: Caller, header: str | None, reject_id: str) -> dict[str, Any]:
    project = caller.chosen_project(header)
    one = replaying.find(caller.services.store, project.id, reject_id)
    caller.services.store.rejects.settle(project.id, [one.reject_id])
    return _shown(one)


def _shown(one: Reject) -> dict[str, Any]:
    return {
        "id": one.reject_id,
        "received_at": iso(one.received_at),
        "conversation_id": one.conversation_id,
        "event_id": one.event_id,
        "position": one.position,
        "code": one.code,
        "reason": one.reason,
        "payload": one.payload,
    }
