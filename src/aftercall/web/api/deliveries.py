"""The log of what webhooks were sent."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from aftercall.catalog.deliveries import Delivery
from aftercall.catalog.projects import Project
from aftercall.errors import NotFound
from aftercall.ingest.explain import shown
from aftercall.ingest.limits import CONVERSATION_ID_CHARACTERS
from aftercall.model.times import iso
from aftercall.web.answers import Json
from aftercall.web.api import postcall_examples as examples
from aftercall.web.api.cursor import read_cursor, write_cursor
from aftercall.web.api.documented import answers
from aftercall.web.api.postcall_models import DeliveriesShape, DeliveryShape
from aftercall.web.caller import Administering, Caller, ProjectHeader

router = APIRouter(tags=["Webhooks"])


class Which(BaseModel):
    model_config = ConfigDict(extra="forbid")

    webhook_id: int | None = Field(None, description="Only to this one.")
    conversation_id: str | None = Field(None, max_length=CONVERSATION_ID_CHARACTERS)
    status: Literal["pending", "delivered", "failed", "dropped"] | None = None
    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, description="Of the previous answer.")


@router.get("/v1/deliveries", summary="List deliveries", **answers(DeliveriesShape, examples.DELIVERIES))
async def list_deliveries(
    caller: Administering, which: Annotated[Which, Query()], project: ProjectHeader = None
) -> Json:
    """The newest first; for 30 days after their end. Scope: `admin`."""
    return await caller.answer(_list, project, which)


def _list(caller: Caller, header: str | None, which: Which) -> dict[str, Any]:
    project = caller.chosen_project(header)
    before = None if which.cursor is None else read_cursor(project.id, which.cursor, "INVALID_INPUT")
    found = caller.services.catalog.deliveries.list(
        project.id,
        webhook_id=_storable(which.webhook_id),
        conversation_id=which.conversation_id,
        status=which.status,
        limit=which.limit + 1,
        before=before,
    )
    page = found[: which.limit]
    last = page[-1] if len(found) > len(page) else None
    return {
        "deliveries": [_shown(one) for one in page],
        "cursor": None if last is None else write_cursor(project.id, (last.created_at, last.id)),
    }


def _storable(webhook_id: int | None) -> int | None:
    """No webhook has an id beyond 32 bits, and PostgreSQL answers such a number with an error."""
    return webhook_id if webhook_id is None or 0 < webhook_id < 2**31 else 0


@router.get(
    "/v1/deliveries/{delivery_id}", summary="One delivery", **answers(DeliveryShape, examples.DELIVERY)
)
async def get_delivery(caller: Administering, delivery_id: str, project: ProjectHeader = None) -> Json:
    """Scope: `admin`."""
    return await caller.answer(_get, project, delivery_id)


def _get(caller: Caller, header: str | None, delivery_id: str) -> dict[str, Any]:
    return _shown(_own(caller, caller.chosen_project(header), delivery_id))


@router.post(
    "/v1/deliveries/{delivery_id}/redeliver",
    summary="Send one again",
    **answers(DeliveryShape, examples.DELIVERY, 202),
)
async def redeliver(caller: Administering, delivery_id: str, project: ProjectHeader = None) -> Json:
    """Under its old id, with the conversation as it is now, whatever became of it before. Scope: `admin`."""
    made = await caller.answer(_redeliver, project, delivery_id)
    made.status_code = 202
    return made


def _redeliver(caller: Caller, header: str | None, delivery_id: str) -> dict[str, Any]:
    one = _own(caller, caller.chosen_project(header), delivery_id)
    return _shown(caller.services.jobs.redeliver(one.id))


def _own(caller: Caller, project: Project, delivery_id: str) -> Delivery:
    """Raises NotFound for one that is not there, or of another project."""
    one = caller.services.catalog.deliveries.get(delivery_id)
    if one.project_id != project.id:
        raise NotFound(f"there is no delivery {shown(delivery_id, 80)!r}", code="DELIVERY_NOT_FOUND")
    return one


def _shown(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "webhook_id": one.webhook_id,
        "conversation_id": one.conversation_id,
        "attempt": one.attempt,
        "status": one.status,
        "tries": one.tries,
        "tries_left": one.tries_left,
        "response_code": one.response_code,
        "error": one.error,
        "next_try_at": None if one.next_try_at is None else iso(one.next_try_at),
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
    }
