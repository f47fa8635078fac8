"""/v1/agents/{agentId}/conversations: list and get. An agent is a project; its id is the project's slug."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from aftercall.errors import NotAvailable, NotFound
from aftercall.ingest.explain import shown
from aftercall.store.reader import Filter
from aftercall.web.answers import Json
from aftercall.web.api import examples
from aftercall.web.api.documented import answers
from aftercall.web.api.filters import MOST_OFFSET
from aftercall.web.api.models import AgentConversationShape, AgentConversationsShape
from aftercall.web.api.privacy import View
from aftercall.web.api.render import agent_item
from aftercall.web.caller import Caller, Reading

router = APIRouter(tags=["Conversations"])
PATH = "/v1/agents/{agentId}/conversations"


class Paging(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=5000)
    offset: int = Field(0, ge=0, le=MOST_OFFSET)


class Recording(BaseModel):
    model_config = ConfigDict(extra="forbid")

    direction: Literal["combined", "user", "agent"] = "combined"
    redacted: bool = False


@router.get(
    PATH,
    summary="List an agent's conversations",
    **answers(AgentConversationsShape, examples.AGENT_CONVERSATIONS),
)
async def list_of_agent(caller: Reading, agentId: str, paging: Annotated[Paging, Query()]) -> Json:
    """Newest first, of every environment. For many pages the v3 list, with its cursor, is the better one.

    Scope: `read`; turns and function calls need `read:transcripts`, whole phone numbers `read:pii`.
    """
    return await caller.answer(_list, agentId, paging)


def _list(caller: Caller, slug: str, paging: Paging) -> dict[str, Any]:
    project = caller.project(slug)
    reader = caller.services.store.reader
    page = reader.page(project.id, Filter(), limit=paging.limit, offset=paging.offset)
    view = View.of(caller)
    return {
        "conversations": [agent_item(one, project, view) for one in page.items],
        "count": reader.count(project.id, Filter()),
        "limit": paging.limit,
        "offset": paging.offset,
    }


@router.get(PATH + "/{conversationId:path}/audio", summary="Its recording (501 for now)")
async def get_audio(
    request: Request, caller: Reading, agentId: str, conversationId: str, asked: Annotated[Recording, Query()]
) -> Json:
    """Recordings are not in this version."""
    if not request.scope["raw_path"].endswith(b"/audio"):
        # An id that itself ends so, sent as %2Faudio: the path reached us decoded.
        return await caller.answer(_get, agentId, f"{conversationId}/audio")
    raise NotAvailable("Recordings are not in this version.")


@router.get(
    PATH + "/{conversationId:path}",
    summary="Get a conversation",
    **answers(AgentConversationShape, examples.AGENT_CONVERSATION),
)
async def get_of_agent(caller: Reading, agentId: str, conversationId: str) -> Json:
    """With every turn. Ids may contain anything; percent-encode them, `/` as `%2F`.

    Scope: `read`; turns and function calls need `read:transcripts`, whole phone numbers `read:pii`.
    """
    return await caller.answer(_get, agentId, conversationId)


def _get(caller: Caller, slug: str, conversation_id: str) -> dict[str, Any]:
    project = caller.project(slug)
    found = caller.services.store.reader.get(project.id, conversation_id)
    if found is None:
        raise no_conversation(conversation_id, slug)
    return agent_item(found, project, View.of(caller))


def no_conversation(conversation_id: str, slug: str) -> NotFound:
    return NotFound(
        f"There is no conversation {shown(conversation_id, 120)!r} in the project {slug!r}.",
        code="CONVERSATIONS_NOT_FOUND",
    )
