"""What each tool takes, as strict models. An unknown field or a wrong value is an error (400, QUERY_INVALID)
that names the place and what is there instead."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from aftercall.metrics.query import Last, Over, Query, Where
from aftercall.metrics.strict import Strict

MOST_SAMPLED = 2_000
MOST_LISTED = 200


class ListMetrics(Strict):
    """Metrics whose name, words or definition hold ``contains``; with ``values`` also what they were."""

    contains: str = Field("", max_length=200)
    values: bool = True
    over: Over = Last(last="30d")
    limit: int = Field(50, ge=1, le=MOST_LISTED)


class AskQuery(Strict):
    query: Query


class ListConversations(Strict):
    """Newest first; ``cursor`` is the one of the page before."""

    query: Query
    limit: int = Field(20, ge=1, le=MOST_LISTED)
    cursor: str | None = Field(None, max_length=8_000)


class SearchTranscripts(Strict):
    """Conversations in which one utterance has all of these words."""

    words: str = Field(min_length=1, max_length=1_000)
    speaker: Literal["user", "agent"] | None = None
    over: Over = Last(last="30d")
    where: list[Where] = Field(default_factory=list)
    limit: int = Field(20, ge=1, le=MOST_LISTED)


class Sample(Strict):
    """``stratified``: of each value of the field ``by`` in proportion, and at least one of each. ``equal``:
    as many of each value, so that rare ones are seen too."""

    query: Query = Field(default_factory=Query)
    size: int = Field(20, ge=1, le=MOST_SAMPLED)
    strategy: Literal["random", "stratified", "equal"] = "random"
    by: str | None = Field(None, max_length=1_000)
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0


class ReadConversation(Strict):
    conversation_id: str = Field(min_length=1, max_length=512)
    first_turn: int = Field(1, ge=1)
    turns: int = Field(200, ge=1, le=1_000)
