"""What the endpoints of backfills take and answer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from aftercall.jobs.backfill_task import AT_ONCE, PILOT
from aftercall.web.api import backfills_examples as examples
from aftercall.web.api.models import Shape

StateShape = Literal["piloting", "waiting", "running", "paused", "done", "cancelled", "failed"]


class NewBackfill(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.NEW]})

    metrics: list[str] = Field(min_length=1, max_length=100, description="Metrics that are extracted.")
    over: dict[str, Any] = Field(
        {"last": "90d"}, description="As in a query: of which time. Only calls that ended count."
    )
    where: list[dict[str, Any]] = Field([], max_length=100, description="As in a query: of which calls.")
    pilot: int = Field(PILOT, ge=0, le=200, description="Conversations to try first; 0: none, it runs.")
    at_once: int = Field(AT_ONCE, ge=1, le=32, description="Conversations at a model at the same time.")
    per_minute: float | None = Field(
        None, gt=0, le=100_000, allow_inf_nan=False, description="Conversations begun in a minute at most."
    )
    again: bool = Field(
        False, description="Also calls that have a value of this version; models are asked anew."
    )


class ValueShape(Shape):
    value: Any = Field(description="null: all others.")
    conversations: int


class BackfillFailureShape(Shape):
    conversation_id: str
    metric: str
    reason: str | None = Field(description="null without the scope read:transcripts.")


class TallyShape(Shape):
    statuses: dict[str, dict[str, int]] = Field(
        description="By metric: ok, unknown, not_applicable, ungrounded, failed, skipped (its `when`),"
        " already (has a value of this version)."
    )
    values: dict[str, list[ValueShape]] = Field(description="The most frequent first; of texts none.")
    extractors: dict[str, dict[str, int]]
    failures: list[BackfillFailureShape] = Field(description="100 at most.")
    model_calls: int
    tokens_in: int
    tokens_out: int
    cost: float | None = Field(description="null: the model has no prices.")


class EstimateShape(Shape):
    conversations: int
    seconds: float | None = Field(description="null: not known, because all answers were stored ones.")
    cost: float | None


class SampleShape(Shape):
    conversation_id: str
    metric: str
    status: str
    value: Any = Field(description="A text and a quote are null without the scope read:transcripts.")
    counts: bool = Field(description="It would stand in the metric's column.")
    reason: str | None
    quote: str | None
    turn: int | None
    extractor: str | None
    before: Any = Field(description="What stands there now.")


class PilotShape(TallyShape):
    wanted: int
    conversations: int
    seconds: float
    estimate: EstimateShape
    sample: list[SampleShape]


class RangeShape(Shape):
    since: str = Field(alias="from")
    to: str


class BackfillShape(Shape):
    backfill_id: str
    project_id: str
    metrics: list[str]
    versions: dict[str, str] = Field(description="Of their definitions.")
    state: StateShape = Field(description="waiting: the pilot is over, and somebody decides.")
    reason: str | None = Field(description="Why it is paused, or failed.")
    resume_at: str | None = Field(description="Of a pause; null: it waits for somebody.")
    over: RangeShape
    where: list[dict[str, Any]]
    at_once: int
    per_minute: float | None
    again: bool
    by: str = Field(description="Who asked for it; empty: not known.")
    created_at: str
    started_at: str | None
    ended_at: str | None
    total: int = Field(description="Conversations, as counted when it was made.")
    done: int
    pilot: PilotShape | None
    result: TallyShape


class BackfillsShape(Shape):
    backfills: list[BackfillShape] = Field(description="The newest first; without samples and failures.")
