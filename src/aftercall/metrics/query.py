"""What a question for numbers looks like: the typed model of the JSON that dashboards, the API, the CLI
and the analyst send. docs/query.md says what each word means; what names exist is for validate.py.

    Query.read({"measures": [{"metric": "duration", "agg": "p95"}], "over": {"last": "30d"}})
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from aftercall.metrics.strict import Strict

Agg = Literal[
    "conversations",
    "events",
    "callers",
    "sum",
    "avg",
    "min",
    "max",
    "p50",
    "p95",
    "p99",
    "rate",
    "distinct",
    "value",
]
Source = Literal["agent", "extraction", "human", "system", "import"]
Op = Literal[
    "eq",
    "ne",
    "in",
    "not_in",
    "gt",
    "gte",
    "lt",
    "lte",
    "between",
    "contains",
    "not_contains",
    "exists",
    "not_exists",
    "flagged",
    "not_flagged",
    "is_invalid",
    "written",
    "not_written",
]
Interval = Literal["15m", "hour", "day", "week", "month", "quarter", "year"]
Preset = Literal[
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "this_quarter",
    "last_quarter",
    "this_year",
    "last_year",
]
Compare = Literal[
    "previous_period", "previous_day", "previous_week", "previous_month", "previous_quarter", "previous_year"
]
DateBucket = Literal["day", "week", "month", "quarter", "year", "hour_of_day", "day_of_week"]

MOST_MEASURES = 20
MOST_BY = 3
MOST_ROWS = 10_000
MOST_CONDITIONS = 100
DEEPEST = 8
"""Levels of any, all and not inside each other, and of divide_by."""

Name = Annotated[str, Field(min_length=1, max_length=1_000)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Alias = Annotated[str, Field(min_length=1, max_length=200)]


class Condition(Strict):
    """``field`` ``op`` ``value``; ``speaker`` only where the field is the transcript."""

    field: Name
    op: Op
    value: Any = None
    speaker: Literal["user", "agent"] | None = None


class AnyOf(Strict):
    any: list[Where] = Field(min_length=1)


class AllOf(Strict):
    all: list[Where] = Field(min_length=1)


class Not(Strict):
    negated: Where = Field(alias="not")


def _names_in(data: Any) -> Iterable[str]:
    """The JSON names of an object that was sent, or of a model."""
    if isinstance(data, Strict):
        return [field.alias or name for name, field in type(data).model_fields.items()]
    return data if isinstance(data, dict) else ()


def _kind_of_condition(data: Any) -> str:
    names = _names_in(data)
    return next((f"<{name}>" for name in ("any", "all", "not") if name in names), "<field>")


Where = Annotated[
    Annotated[Condition, Tag("<field>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[AllOf, Tag("<all>")]
    | Annotated[Not, Tag("<not>")],
    Discriminator(_kind_of_condition),
]


class OtherMetric(Strict):
    """A base: the conversations in which that metric is flagged."""

    metric: Name


class Measure(Strict):
    """One number per group. Without ``agg`` the metric's natural one; ``as``: its name in the answer."""

    metric: Name = "conversations"
    agg: Agg | None = None
    source: Source | None = None
    value: Any = None
    base: Literal["all", "known"] | OtherMetric | None = None
    where: list[Where] = Field(default_factory=list)
    divide_by: Measure | None = None
    multiplier: Finite | None = None
    alias: Annotated[Alias | None, Field(alias="as")] = None


class Last(Strict):
    """A number and h, d, w (7 d) or mo (calendar months): up to now."""

    last: str = Field(pattern=r"^[1-9][0-9]{0,4}(h|d|w|mo)$")


class Between(Strict):
    """ISO 8601 dates or times, in the query's zone where they have no offset. A pure date is a whole day,
    also as ``to``; a time as ``to`` is exclusive."""

    since: Annotated[str | None, Field(alias="from", max_length=40)] = None
    to: Annotated[str | None, Field(max_length=40)] = None


class Calendar(Strict):
    preset: Preset


class AllTime(Strict):
    all: Literal[True]


def _kind_of_range(data: Any) -> str:
    names = _names_in(data)
    return next((f"<{name}>" for name in ("last", "preset", "all") if name in names), "<from>")


Over = Annotated[
    Annotated[Last, Tag("<last>")]
    | Annotated[Between, Tag("<from>")]
    | Annotated[Calendar, Tag("<preset>")]
    | Annotated[AllTime, Tag("<all>")],
    Discriminator(_kind_of_range),
]


class Group(Strict):
    """Rows for each value of a field. ``bucket``: the width of a number's steps, or a part of a time."""

    field: Name
    bucket: Annotated[float, Field(gt=0, allow_inf_nan=False)] | DateBucket | None = None
    alias: Annotated[Alias | None, Field(alias="as")] = None

    @property
    def name(self) -> str:
        """Its key in the rows."""
        return self.alias or self.field


def _named(data: Any) -> Any:
    return {"field": data} if isinstance(data, str) else data


class Having(Strict):
    """A condition on a measure's result, by the measure's name in the answer."""

    measure: Alias
    op: Literal["eq", "ne", "gt", "gte", "lt", "lte", "between", "exists", "not_exists"]
    value: Finite | list[Finite] | None = None


class Sort(Strict):
    """``field`` is a measure's name, a ``by`` or ``bucket``."""

    field: Alias
    order: Literal["asc", "desc"] = "desc"


class Query(Strict):
    """A question. Everything has a default: ``{}`` asks for the number of conversations of 30 days."""

    measures: list[Measure] = Field(
        default_factory=lambda: [Measure()], min_length=1, max_length=MOST_MEASURES
    )
    over: Over = Last(last="30d")
    timezone: Annotated[str | None, Field(max_length=64)] = None
    interval: Interval | None = None
    by: list[Annotated[Group, BeforeValidator(_named)]] = Field(default_factory=list, max_length=MOST_BY)
    where: list[Where] = Field(default_factory=list)
    divide_by: Measure | None = None
    compare: Compare | None = None
    having: list[Having] = Field(default_factory=list, max_length=MOST_MEASURES)
    sort: list[Sort] = Field(default_factory=list, max_length=MOST_MEASURES)
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] | None = None
    other: bool = False

    def plain(self) -> dict[str, Any]:
        """The JSON value that ``read`` makes it from again; defaults left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class Drill(Strict):
    """Who is behind a number: a query, the keys of one of its rows (none: of all), and a measure of it."""

    query: Query
    row: dict[str, Any] = Field(default_factory=dict)
    measure: Alias | None = None
    side: Literal["value", "base"] = "value"
    limit: int = Field(50, ge=1, le=1_000)
    cursor: str | None = Field(None, max_length=8_000)
    count: bool = True
    """Whether the API tells how many there are in all: counting takes longer than a page."""
