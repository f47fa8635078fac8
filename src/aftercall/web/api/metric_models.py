"""The shapes of bodies and answers about metrics; as models.py."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from aftercall.web.api.models import Shape

TypeShape = Literal["boolean", "categorical", "number", "integer", "text", "ratio"]


class MetricBody(BaseModel):
    """A metric or, with the type ratio, a ratio: the keys of metrics.yaml."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "categorical",
                    "options": ["booking", "billing", "other"],
                    "definition": "Why they called.",
                }
            ]
        },
    )

    type: TypeShape | None = None
    options: list[str] | None = Field(None, description="Of a categorical metric: its possible values.")
    empty_values: list[str] | None = Field(None, description="Texts that mean: nothing found.")
    display_name: str | None = Field(None, description="Default its name.")
    definition: str | None = None
    unit: str | None = None
    better: Literal["up", "down", "none"] | None = Field(None, description="Whether more is good news.")
    group: str | None = Field(None, description="The prefix it is listed under.")
    expected_sources: list[str] | None = Field(None, description="Who is to write it; empty: anybody.")
    rate_base: Literal["all", "known"] | dict[str, str] | None = Field(
        None, description='What a rate of it divides by: all, known or {"metric": NAME}.'
    )
    synonyms: list[str] | None = Field(None, description="Other words people use for it.")
    owner: str | None = None
    active: bool | None = Field(None, description="false: kept, but no longer offered.")
    extraction: dict[str, Any] | None = Field(None, description="How it is extracted after the call.")
    numerator: str | dict[str, Any] | None = Field(
        None, description="Of a ratio: a measure, or a metric's name (conversations in which it happened)."
    )
    denominator: str | dict[str, Any] | None = Field(None, description="As numerator.")
    multiplier: float | None = Field(None, description="The ratio times this; default 1.")


class NumbersShape(Shape):
    """Of values written as numbers."""

    min: float
    max: float
    avg: float
    p50: float


class ValueShape(Shape):
    value: str
    conversations: int = Field(description="In which it is the value.")


class UsageShape(Shape):
    """What was written in the range; of writes that stand."""

    conversations: int = Field(description="In which its value is known.")
    writes: int = Field(description="With a value.")
    invalid: int = Field(description="Writes that do not fit its type.")
    nulls: int = Field(description="Writes that say: not known.")
    sources: list[str] = Field(description="Who wrote.")
    last_written: str | None
    numbers: NumbersShape | None = Field(description="Only where numbers were written.")
    values: list[ValueShape] = Field(description="The commonest, at most 10; texts of up to 100 bytes.")
    more_values: bool
    estimated: bool = Field(description="Too many different values: the numbers are not too high, or lower.")
    invalid_values: list[str] = Field(description="Some of what does not fit.")


class MetricItemShape(Shape):
    name: str
    kind: Literal["registered", "ratio", "builtin", "unregistered"]
    type: str = Field(
        description="boolean, categorical, number, integer, text, ratio; of built-ins also count."
    )
    display_name: str
    definition: str
    unit: str
    better: Literal["up", "down", "none"]
    group: str
    synonyms: list[str]
    owner: str
    active: bool
    auto: bool = Field(description="It entered by itself, its type inferred from its first value.")
    options: list[str]
    empty_values: list[str]
    expected_sources: list[str]
    rate_base: str | dict[str, str] | None = Field(
        description="null: all; known where it is expected from extraction."
    )
    extraction: dict[str, Any] | None
    numerator: dict[str, Any] | None = Field(description="Of a ratio: a measure of a query.")
    denominator: dict[str, Any] | None
    multiplier: float | None
    column: str | None = Field(description="Its column in the project's wide table.")
    drifted: list[str] = Field(description="Fields changed since metrics.yaml was last applied.")
    usage: UsageShape | None = Field(description="null of ratios and built-ins, which nobody writes.")


class RangeShape(Shape):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: str | None = Field(alias="from", description="null: from the first conversation.")
    to: str | None = Field(description="Exclusive; null: up to now.")


class ProgressShape(Shape):
    done: int = Field(description="Conversations whose rows are up to date.")
    total: int


class MetricListShape(Shape):
    project_id: str
    revision: int = Field(description="Of the registry: goes up with every change.")
    reprojection: ProgressShape | None = Field(
        description="How far values are read anew after a change; null: all are."
    )
    range: RangeShape = Field(description="Of the usage: conversations that started in it.")
    metrics: list[MetricItemShape]


class MetricValuesShape(Shape):
    name: str
    range: RangeShape
    values: list[ValueShape] = Field(description="The commonest first; options nobody wrote last, with 0.")
    more: bool


class SampleShape(Shape):
    written: str
    becomes: str | None = Field(description="null where it does not fit.")
    reason: str | None = Field(description="Why it does not fit.")
    conversations: int
    example: str = Field(description="One conversation's id.")


class PreviewedShape(Shape):
    """What a change makes of the values there are, by conversations."""

    conversations: int = Field(description="That wrote it.")
    checked: int = Field(description="Fewer than those where there was no time for more: the newest.")
    converts: int
    invalid: int
    null: int = Field(description="Explicitly unknown, under any type.")
    samples: list[SampleShape] = Field(description="The most frequent, of both kinds.")


class PreviewShape(Shape):
    name: str
    type: str
    options: list[str]
    preview: PreviewedShape


class DifferenceShape(Shape):
    field: str
    before: Any
    after: Any


class ChangeShape(Shape):
    action: Literal["add", "change", "remove"] = Field(description="remove: deactivate; its values stay.")
    name: str
    type: str
    differences: list[DifferenceShape]
    reprojects: bool = Field(description="Values that are there already are read anew.")
    preview: PreviewedShape | None = Field(description="Where it reprojects: what becomes of the values.")


class DriftShape(Shape):
    name: str
    differences: list[DifferenceShape] = Field(description="From the last apply to now.")
    kept: bool = Field(description="The file says the same by now; else applying takes it back.")


class PlanShape(Shape):
    project_id: str
    revision: int = Field(description="Send it with the apply: it is refused if the registry changed since.")
    changes: list[ChangeShape]
    drift: list[DriftShape] = Field(description="Changed since the last apply, and not by the file.")
    unmanaged: list[str] = Field(description="In the registry, not in the file, never applied: left alone.")
    unchanged: int


class ExportShape(Shape):
    project_id: str
    yaml: str = Field(description="A metrics.yaml in which a plan finds no difference.")


class FindingShape(Shape):
    code: str
    severity: Literal["error", "warning", "info"]
    metric: str
    message: str
    effect: str = Field(description="What the analyst and the dashboards make of it as it is.")
    suggestion: str
    patch: str | None = Field(description="Lines of a metrics.yaml that would settle it.")
    change: dict[str, Any] | None = Field(description="The same, as the body of a PATCH of the metric.")
    place: str | None


class LintShape(Shape):
    project_id: str
    findings: list[FindingShape] = Field(description="The worst first.")


class CustomMetricShape(Shape):
    name: str
    type: Literal["string", "int", "bool", "float"]
    description: str
    expected_values: list[str]


class CustomMetricsShape(Shape):
    metrics: list[CustomMetricShape]


class ImportedShape(Shape):
    dry_run: bool
    created: list[str]
    updated: list[str]
    unchanged: list[str]
