"""The shapes of answers, for /openapi.json and the page made of it. Answers themselves are written by
render.py and its neighbours; the tests hold every answer against these."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorShape(Shape):
    """Every failure: six keys, always all of them."""

    success: Literal[False]
    error: str = Field(description="What to do about it; the same sentence as error_message.")
    error_id: str = Field(description="Also in the header X-PolyAI-Correlation-Id, and in the server's log.")
    error_code: str = Field(description="Stable, for programs.")
    error_message: str
    data: Any = Field(description="null, or what of a request was good and what was not.")


class TurnShape(Shape):
    """What the user said, and the agent's answer; either side may be empty. Texts are never null."""

    user_input: str
    user_input_dtmf: str = Field(description="Keys pressed.")
    user_input_datetime: str | None = Field(description="ISO 8601; null where the user said nothing.")
    barge_in: bool = Field(description="The user spoke into the agent.")
    agent_response: str
    agent_response_datetime: str | None
    latency: float | None = Field(description="Milliseconds from the user's end to the agent's first sound.")
    translated_user_input: str
    english_agent_response: str
    intents: list[Any]
    entities: list[Any]
    is_ood: bool = Field(description="Out of the agent's domain.")
    is_silence: bool


MetricsShape = dict[str, str | list[str]]


class ConversationShape(Shape):
    id: str
    account_id: str
    project_id: str
    variant_id: str | None
    variant_name: str | None
    environment: str
    started_at: str = Field(description="ISO 8601 in UTC.")
    channel: str
    from_number: str | None = Field(description="Without the scope read:pii only its last two digits.")
    to_number: str | None
    in_progress: bool
    num_turns: int
    total_duration: int = Field(description="Whole seconds from start to end; 0 while in progress.")
    polyai_duration: int = Field(description="Whole seconds up to the handoff, else to the end.")
    handoff: bool
    handoff_reason: str | None
    handoff_destination: str | None
    num_silences: int
    num_ood: int
    metrics: MetricsShape = Field(description="Values as text; a list where written more than once.")
    state: dict[str, Any] = Field(description="Without the scope read:transcripts: {}.")
    turns: list[TurnShape] = Field(description="Without the scope read:transcripts: [].")


class ConversationsShape(Shape):
    conversations: list[ConversationShape]
    cursor: str | None = Field(description="For the next page; null on the last one.")
    next_offset: int | None = Field(None, description="Only there if there is more, and not with a cursor.")


class FunctionEventShape(Shape):
    id: str
    name: str
    startedAt: str
    durationMs: float | None
    arguments: Any
    result: Any
    error: str | None


class AgentConversationShape(Shape):
    conversationId: str
    accountId: str
    projectId: str
    createdAt: str = Field(description="When the server first heard of it.")
    startedAt: str
    finishedAt: str | None
    channel: str
    fromNumber: str | None
    toNumber: str | None
    language: str | None
    variantId: str | None
    clientEnv: str
    totalDuration: int = Field(description="Whole seconds; 0 while in progress.")
    duration: int = Field(description="Whole seconds up to the handoff, else to the end.")
    inProgress: bool
    handoff: bool
    handoffDestination: str | None
    handoffReason: str | None
    direction: str | None
    tags: list[str]
    polyScore: float | None = Field(description="Not in this version: null.")
    shortSummary: str | None = Field(description="Not in this version: null.")
    deploymentId: str | None = Field(description="The version of the agent project that ran it.")
    note: str | None = Field(description="Not in this version: null.")
    audioUrl: str | None = Field(description="Not in this version: null.")
    turns: list[TurnShape]
    metrics: MetricsShape
    functionEvents: list[FunctionEventShape]


class AgentConversationsShape(Shape):
    conversations: list[AgentConversationShape]
    count: int = Field(description="Of all there are.")
    limit: int
    offset: int


class RefusalShape(Shape):
    position: int = Field(description="In the request's events, from 0.")
    event_id: str | None
    code: str
    reason: str


class IngestShape(Shape):
    accepted: int = Field(description="On disk and visible.")
    duplicates: int = Field(description="There already under the same id: nothing to do.")
    clock_corrected: int = Field(
        description="Events whose `at` was no possible time: the server's stands for it."
    )
    rejected: list[RefusalShape]


class RejectShape(Shape):
    id: str
    received_at: str
    conversation_id: str = Field(description="Empty where it could not be read.")
    event_id: str
    position: int
    code: str
    reason: str
    payload: str = Field(description="The event as it was sent.")


class RejectsShape(Shape):
    rejects: list[RejectShape]
    count: int = Field(description="Of all that wait.")
    next_before: str | None = Field(description="`before` of the next page; null on the last one.")


class ReplayedShape(Shape):
    replayed: int
    remaining: int


class ProjectShape(Shape):
    slug: str
    name: str
    account_id: str
    timezone: str
    currency: str
    created_at: str
    registry_revision: int = Field(description="Goes up with every change of the project's metrics.")


class ProjectsShape(Shape):
    projects: list[ProjectShape]


class MetricShape(Shape):
    name: str
    column: str = Field(description="Its column in the project's wide table.")
    type: Literal["boolean", "categorical", "number", "integer", "text"]
    options: list[str]
    empty_values: list[str] = Field(description="Texts that mean: nothing found.")
    display_name: str
    definition: str
    unit: str
    auto: bool = Field(description="It entered by itself, its type inferred from its first value.")
    active: bool


class RegistryShape(Shape):
    project_id: str
    revision: int
    metrics: list[MetricShape]


class KeyShape(Shape):
    id: int
    prefix: str
    name: str
    scopes: list[str]
    project: str | None = Field(description="null: for every project of the account.")
    created_at: str
    last_used_at: str | None = Field(description="To the minute.")
    revoked_at: str | None


class KeysShape(Shape):
    keys: list[KeyShape]


class NewKeyShape(KeyShape):
    key: str = Field(description="Shown this once, and kept nowhere.")


class EventShape(Shape):
    event_id: str
    kind: str
    at: str = Field(description="When it happened, as counted here: see clock_corrected.")
    received_at: str
    source: str
    seq: int
    retracted: bool
    invalid: str | None = Field(description="Of a metric: why its value does not fit the metric's type.")
    event: dict[str, Any] = Field(description="As it was sent, unknown fields included.")


class EventsShape(Shape):
    conversation_id: str
    project_id: str
    events: list[EventShape] = Field(description="In the order in which they happened.")


class StatusShape(Shape):
    status: str


class ReadyShape(StatusShape):
    postcall: Literal["off", "starting", "running", "failing", "stopped"] = Field(
        description="What is done after calls. failing: it could not start and tries again; see the log."
    )
