"""The shapes of a project's settings, asked and answered; as models.py."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from aftercall.metrics.settings import AbandonsCountAs, SavedPer
from aftercall.web.api.models import Shape

Minutes = Annotated[float, Field(ge=0, le=10_080, allow_inf_nan=False)]


class SavingShape(Shape):
    amount: float = Field(description="In the project's currency.")
    per: SavedPer


class CountingShape(Shape):
    cost_saved: SavingShape | None = Field(description="What a contained conversation saves; null: not told.")
    abandons_count_as: AbandonsCountAs
    repeat_contact_days: int


class ExtractionShape(Shape):
    model: str | None = Field(description="Which model is asked; null: the server's choice for the project.")
    region: str = Field(description="Whose phone numbers: two letters, such as GB.")
    redact: bool = Field(description="Whether personal data is replaced before a model sees it.")
    redact_prompts: bool = Field(description="Whether it is in what prompt_llm asks, too.")


class ProjectSettingsShape(Shape):
    project_id: str
    name: str
    timezone: str
    currency: str
    metrics: CountingShape
    real_time_config: dict[str, Any] = Field(description="What agents read as conv.real_time_config.")
    extraction: ExtractionShape
    lost_after_minutes: float = Field(description="Silence after which a call counts as lost; 0: never.")
    problems: list[str] = Field(description="What is stored and wrong; the defaults count in its place.")


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SavingChange(_Change):
    amount: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    per: SavedPer = "conversation"


class CountingChange(_Change):
    cost_saved: SavingChange | None = None
    abandons_count_as: AbandonsCountAs | None = None
    repeat_contact_days: Annotated[int, Field(ge=1, le=365)] | None = None


class ExtractionChange(_Change):
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    redact: bool | None = None
    redact_prompts: bool | None = None


class SettingsChange(_Change):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "timezone": "Europe/London",
                    "metrics": {"cost_saved": {"amount": 4.5}, "repeat_contact_days": 3},
                    "real_time_config": {"open": True},
                }
            ]
        }
    )

    name: str | None = None
    timezone: str | None = Field(None, description="IANA name: the days of its reports.")
    currency: str | None = Field(None, description="ISO 4217.")
    metrics: CountingChange | None = None
    real_time_config: dict[str, Any] | None = None
    extraction: ExtractionChange | None = None
    lost_after_minutes: Minutes | None = None


EXAMPLE: dict[str, Any] = {
    "project_id": "dental",
    "name": "Dental clinic",
    "timezone": "Europe/London",
    "currency": "GBP",
    "metrics": {
        "cost_saved": {"amount": 4.5, "per": "conversation"},
        "abandons_count_as": "contained",
        "repeat_contact_days": 3,
    },
    "real_time_config": {"open": True},
    "extraction": {"model": None, "region": "GB", "redact": True, "redact_prompts": False},
    "lost_after_minutes": 30,
    "problems": [],
}
