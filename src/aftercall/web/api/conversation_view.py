"""POST /v1/query/conversations/around: the neighbours of one conversation among those behind a number."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from aftercall.metrics.around import around
from aftercall.metrics.query import Drill
from aftercall.metrics.strict import check_texts
from aftercall.model.times import iso
from aftercall.web.answers import Json
from aftercall.web.api.agents import no_conversation
from aftercall.web.api.documented import answers
from aftercall.web.api.models import Shape
from aftercall.web.api.query import QueryRoute, queries_of
from aftercall.web.caller import Caller, ProjectHeader, Reading

router = APIRouter(tags=["Numbers"], route_class=QueryRoute)


class Around(Drill):
    """A drill, and which of its conversations. ``limit`` and ``cursor`` have no meaning here."""

    conversation_id: str = Field(min_length=1, max_length=512)


class AroundShape(Shape):
    conversation_id: str
    started_at: str
    newer: str | None = Field(description="The id of the next that began later; null: it is the newest.")
    older: str | None = Field(description="The id of the next that began earlier; null: it is the oldest.")


_AROUND = {
    "conversation_id": "call-7f3a",
    "started_at": "2026-03-01T09:30:00.000Z",
    "newer": "call-7f3b",
    "older": None,
}


@router.post(
    "/v1/query/conversations/around",
    summary="What comes before and after one",
    **answers(AroundShape, _AROUND),
)
async def neighbours(caller: Reading, asked: Around, project: ProjectHeader = None) -> Json:
    """The body of POST /v1/query/conversations with a `conversation_id`, which need not be among them: for
    walking through what a list shows, one by one. Scope: as for the query itself.
    """
    return await caller.answer(_around, asked, project)


def _around(caller: Caller, asked: Around, header: str | None) -> dict[str, Any]:
    check_texts(asked.model_dump())
    project = caller.chosen_project(header)
    found = caller.services.store.reader.get(project.id, asked.conversation_id)
    if found is None:
        raise no_conversation(asked.conversation_id, project.slug)
    started = found.conversation.started_at
    plan = queries_of(caller).plan(asked.query, project, need=caller.need)
    newer, older = around(caller.services.store.engine, plan, asked, (started, asked.conversation_id))
    return {
        "conversation_id": asked.conversation_id,
        "started_at": iso(started),
        "newer": newer,
        "older": older,
    }
