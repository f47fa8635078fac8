"""The shapes of answers about post-call work, webhooks and agent versions; as models.py."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from aftercall.web.api.models import Shape

DeliveryStatusShape = Literal["pending", "delivered", "failed", "dropped"]


class AttemptShape(Shape):
    number: int = Field(description="1, 2, 3... in the conversation.")
    attempt: str = Field(description="Its name, as a replay answers it.")
    status: Literal["ok", "failed"]
    counts: bool = Field(description="What it wrote is what stands; of the others it is history.")
    retracted: bool
    started_at: str
    ended_at: str
    duration_ms: float | None
    version: str | None = Field(description="Of the agent whose code ran; null where none did.")
    tried: int | None = Field(description="Which try of the same work, from 1.")
    retry_at: str | None = Field(description="When it is tried again by itself.")
    llm_calls: int = Field(description="How often a model was asked.")
    metrics: list[str] = Field(description="Names it wrote, in order; empty of attempts that do not count.")
    error: str | None
    traceback: str | None


class AttemptsShape(Shape):
    conversation_id: str
    project_id: str
    status: Literal["in_progress", "pending", "ok", "failed"] = Field(
        description="pending: no attempt has seen all that was told."
    )
    due_at: str | None = Field(description="From when the next attempt may run; null: none is to come.")
    attempts: list[AttemptShape] = Field(description="The oldest first.")


class ReplayShape(Shape):
    conversation_id: str
    project_id: str
    attempt: str = Field(description="The attempt that is to come.")


class ReplayedFailedShape(Shape):
    replayed: int = Field(description="Conversations whose attempts are to come.")


class FailureShape(Shape):
    conversation_id: str
    started_at: str
    failed_at: str
    attempts: int = Field(description="Made so far.")
    error: str
    retry_at: str | None = Field(description="null: it waits for somebody to replay it.")


class PostCallCountsShape(Shape):
    due: int = Field(description="Conversations that wait, those to be tried again later included.")
    oldest_due_at: str | None
    failed: int = Field(description="Conversations whose newest attempt failed.")
    deliveries: dict[DeliveryStatusShape, int]


class PostCallShape(Shape):
    project_id: str
    state: Literal["starting", "running", "failing", "stopped"] = Field(
        description="Of the server that answers, as /readyz has it."
    )
    counts: PostCallCountsShape
    failures: list[FailureShape] = Field(description="The newest calls first.")
    cursor: str | None = Field(description="For the next page; null on the last one.")


class WebhookShape(Shape):
    id: int
    project_id: str
    name: str
    url: str
    active: bool = Field(description="One that is not gets nothing.")
    created_at: str
    updated_at: str


class WebhooksShape(Shape):
    webhooks: list[WebhookShape]


class WebhookSecretShape(WebhookShape):
    secret: str = Field(description="What signatures are made with. Shown this once.")


class WebhookTestShape(Shape):
    delivered: bool
    response_code: int | None = Field(description="null: there was no answer.")
    error: str | None


class DeliveryShape(Shape):
    id: str = Field(description="Sent as x-aftercall-delivery: the same in all tries.")
    webhook_id: int
    conversation_id: str
    attempt: str = Field(description="The post-call attempt whose result it tells of.")
    status: DeliveryStatusShape = Field(
        description="failed: given up. dropped: conversation erased, or webhook off."
    )
    tries: int = Field(description="Requests made so far.")
    tries_left: int
    response_code: int | None
    error: str | None = Field(description="Why the last try did not succeed.")
    next_try_at: str | None
    created_at: str
    updated_at: str


class DeliveriesShape(Shape):
    deliveries: list[DeliveryShape] = Field(description="The newest first.")
    cursor: str | None


class AgentFunctionShape(Shape):
    name: str
    flow: str | None = Field(description="Folder of its flow.")
    kind: Literal["function", "step"]
    file: str
    description: str
    parameters: list[dict[str, Any]]
    latency: dict[str, Any] | None
    error: str | None = Field(description="Why it cannot be called.")


class AgentProblemShape(Shape):
    file: str = Field(description="Empty: the project as a whole.")
    line: int | None
    code: str
    severity: Literal["error", "warning"]
    message: str
    traceback: str | None


class AgentVersionShape(Shape):
    version: str = Field(description="A hash of its files.")
    current: bool = Field(description="It analyses calls that name no version, or one that is not here.")
    added_at: str = Field(description="The first time.")
    source: str = Field(description="The folder it was added from.")
    python: str = Field(description="The interpreter that runs it.")
    python_version: str
    files: int
    functions: list[AgentFunctionShape]
    problems: list[AgentProblemShape]


class AgentVersionsShape(Shape):
    project_id: str
    versions: list[AgentVersionShape] = Field(description="The newest first.")
