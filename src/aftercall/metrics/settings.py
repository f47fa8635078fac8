"""What a project says about how its numbers are counted: ``settings["metrics"]`` of the project."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from aftercall.errors import InvalidInput
from aftercall.metrics.strict import QueryInvalid, Strict

AbandonsCountAs = Literal["contained", "not_contained", "excluded"]
SavedPer = Literal["conversation", "minute"]


class Saving(Strict):
    """What a contained conversation saves, in the project's currency: once each, or for each minute."""

    amount: float = Field(ge=0, allow_inf_nan=False)
    per: SavedPer = "conversation"


class Settings(Strict):
    """``abandons_count_as``: what an abandoned conversation is for containment. ``repeat_contact_days``:
    how long after a conversation another of the same number is a repeat."""

    abandons_count_as: AbandonsCountAs = "contained"
    repeat_contact_days: int = Field(7, ge=1, le=365)
    cost_saved: Saving | None = None


def settings_of(project_settings: Any) -> Settings:
    """Raises InvalidInput (METRICS_SETTINGS_INVALID) naming the setting that is wrong."""
    told = project_settings.get("metrics") or {}
    try:
        return Settings.read(told)
    except QueryInvalid as error:
        raise InvalidInput(
            f"The project's setting metrics is wrong: {error.message}", code="METRICS_SETTINGS_INVALID"
        ) from None
