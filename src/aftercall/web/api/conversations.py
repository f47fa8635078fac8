"""GET /v3/{account_id}/{project_id}/conversations: the list existing clients of the Conversations API use."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from aftercall.web.answers import Json
from aftercall.web.api import examples
from aftercall.web.api.cursor import read_cursor, write_cursor
from aftercall.web.api.documented import answers
from aftercall.web.api.filters import ConversationFilter, FilterQuery
from aftercall.web.api.models import ConversationsShape
from aftercall.web.api.privacy import View
from aftercall.web.api.render import v3_item
from aftercall.web.caller import Caller, Reading

router = APIRouter(tags=["Conversations"])


@router.get(
    "/v3/{account_id}/{project_id}/conversations",
    summary="List conversations",
    **answers(ConversationsShape, examples.CONVERSATIONS),
)
async def list_conversations(caller: Reading, account_id: str, project_id: str, asked: FilterQuery) -> Json:
    """Newest first. Follow `cursor` until it is null: what comes in meanwhile neither repeats nor hides a
    conversation.

    Scope: `read`; turns, state and transcript search need `read:transcripts`, whole phone numbers
    `read:pii`.
    """
    return await caller.answer(_list, account_id, project_id, asked)


def _list(caller: Caller, account: str, slug: str, asked: ConversationFilter) -> dict[str, Any]:
    project = caller.project(slug, account)
    which = asked.read()
    if asked.searching:  # or a key without transcripts could ask them word by word
        caller.need("read:transcripts")
    after = None if asked.cursor is None else read_cursor(project.id, asked.cursor)
    page = caller.services.store.reader.page(
        project.id,
        which,
        limit=asked.limit,
        after=after,
        offset=asked.offset,
        sample=asked.sample is not None,
    )
    view = View.of(caller)
    more = page.more and page.last is not None
    answer: dict[str, Any] = {
        "conversations": [v3_item(one, project, view, latency=asked.include_latency) for one in page.items],
        "cursor": write_cursor(project.id, page.last) if more and page.last else None,
    }
    if more and after is None:
        answer["next_offset"] = asked.offset + asked.limit
    return answer
