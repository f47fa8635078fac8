"""POST /v1/query: numbers. POST /v1/query/conversations: who is behind one of them. See docs/query.md."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Literal
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import Field

from aftercall.errors import InvalidInput
from aftercall.metrics.answer import Answer
from aftercall.metrics.pipe import Queries
from aftercall.metrics.query import Drill, Query
from aftercall.metrics.strict import check_texts, fault, refusal
from aftercall.store.reader import Key
from aftercall.store.store import Store
from aftercall.web.answers import Json
from aftercall.web.api.cursor import read_place, write_cursor
from aftercall.web.api.documented import answers
from aftercall.web.api.models import Shape
from aftercall.web.api.privacy import View
from aftercall.web.caller import Caller, ProjectHeader, Reading


class QueryRoute(APIRoute):
    """A body of the wrong form is QUERY_INVALID, with its place, whoever found the fault."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                raise _refused(error) from None

        return handler


def _refused(error: RequestValidationError) -> Exception:
    first = dict(error.errors()[0])
    if first["loc"][0] != "body":  # the header that names the project
        return error
    if first["type"] == "json_invalid" or (first["type"] == "missing" and first["loc"] == ("body",)):
        return refusal("", "must be one JSON object, sent as application/json")
    first["loc"] = first["loc"][1:]
    return fault(first)


router = APIRouter(tags=["Numbers"], route_class=QueryRoute)


class QueryColumn(Shape):
    name: str
    role: Literal["bucket", "by", "measure"]
    type: Literal["boolean", "number", "integer", "text", "categorical", "time", "date"]
    unit: str
    format: str = Field(description="number, count, percent, duration, currency, time, date, text, boolean.")
    label: str
    better: Literal["up", "down", "none"]
    definition: str


class QueryPopulation(Shape):
    conversations: int
    since: str = Field(alias="from")
    to: str
    timezone: str


class QueryBase(Shape):
    base: str
    conversations: int


class QueryMissing(Shape):
    null: int
    not_written: int
    invalid: int


class QueryPrevious(Shape):
    rows: list[dict[str, Any]]
    totals: dict[str, Any]
    population: QueryPopulation


class QueryAnswer(Shape):
    columns: list[QueryColumn]
    rows: list[dict[str, Any]] = Field(description="By column name.")
    totals: dict[str, Any] = Field(description="The measures of the whole population; no sums of rows.")
    previous: QueryPrevious | None
    population: QueryPopulation
    bases: dict[str, QueryBase] = Field(description="Of each rate: what it is a share of.")
    missing: dict[str, QueryMissing] = Field(description="Of each measure: who has no usable value, and why.")
    sql: str | None = Field(description="What ran; null without the scope admin.")
    parameters: dict[str, Any] | None = Field(description="The values in it; null without the scope admin.")
    took_ms: float
    fresh_as_of: str | None = Field(
        description="When the server last heard of a conversation of the project."
    )
    drill: dict[str, Any] = Field(description="With a row added: the body of POST /v1/query/conversations.")
    truncated: bool = Field(description="There are more groups than are shown.")
    mixed_versions: dict[str, dict[str, int]] = Field(
        description="By metric extracted by several versions of its definition: conversations by version."
    )


class QueryConversation(Shape):
    id: str
    started_at: str
    channel: str | None
    from_number: str | None = Field(description="Without the scope read:pii only its last two digits.")
    duration: float | None
    values: dict[str, Any] = Field(description="What it has of each measure's metric.")


class QueryConversations(Shape):
    conversations: list[QueryConversation]
    count: int | None = Field(description="Of all, as the first page counted them; null: not counted.")
    cursor: str | None


_POPULATION = {
    "conversations": 1840,
    "from": "2026-03-01T00:00:00+00:00",
    "to": "2026-03-03T00:00:00+00:00",
    "timezone": "Europe/London",
}
_QUERY = {
    "measures": [{"metric": "APPOINTMENT_BOOKED", "agg": "rate"}],
    "over": {"from": "2026-03-01T00:00:00+00:00", "to": "2026-03-03T00:00:00+00:00"},
    "timezone": "Europe/London",
    "interval": "day",
}
_COLUMNS = [
    {
        "name": "bucket",
        "role": "bucket",
        "type": "time",
        "unit": "",
        "format": "time",
        "label": "Day",
        "better": "none",
        "definition": "",
    },
    {
        "name": "APPOINTMENT_BOOKED.rate",
        "role": "measure",
        "type": "number",
        "unit": "%",
        "format": "percent",
        "label": "Appointment booked, rate",
        "better": "up",
        "definition": "A slot was confirmed with the caller.",
    },
]
_ANSWER: dict[str, Any] = {
    "columns": _COLUMNS,
    "rows": [
        {"bucket": "2026-03-01T00:00:00+00:00", "APPOINTMENT_BOOKED.rate": 0.31},
        {"bucket": "2026-03-02T00:00:00+00:00", "APPOINTMENT_BOOKED.rate": 0.34},
    ],
    "totals": {"APPOINTMENT_BOOKED.rate": 0.325},
    "previous": None,
    "population": _POPULATION,
    "bases": {"APPOINTMENT_BOOKED.rate": {"base": "all", "conversations": 1840}},
    "missing": {"APPOINTMENT_BOOKED.rate": {"null": 0, "not_written": 1242, "invalid": 0}},
    "sql": None,
    "parameters": None,
    "took_ms": 11.2,
    "fresh_as_of": "2026-03-03T08:15:09.120+00:00",
    "drill": {"query": _QUERY},
    "truncated": False,
    "mixed_versions": {},
}
_BEHIND: dict[str, Any] = {
    "conversations": [
        {
            "id": "call-7f3a",
            "started_at": "2026-03-01T09:30:00+00:00",
            "channel": "voice",
            "from_number": "**********17",
            "duration": 48.0,
            "values": {"APPOINTMENT_BOOKED.rate": True},
        }
    ],
    "count": 598,
    "cursor": "eyJ2IjoxfQ",
}

_queries: WeakKeyDictionary[Store, Queries] = WeakKeyDictionary()


def queries_of(caller: Caller) -> Queries:
    """One for each store, so that what it remembers is shared by all requests."""
    store = caller.services.store
    found = _queries.get(store)
    if found is None:
        found = _queries[store] = Queries(store)
    return found


@router.post("/v1/query", summary="Ask for numbers", **answers(QueryAnswer, _ANSWER))
async def ask(caller: Reading, query: Query, project: ProjectHeader = None) -> Json:
    """Measures over time, by fields, of the conversations that meet conditions: [Query](query.md) has all of
    it. A question that cannot be asked answers 400 QUERY_INVALID; `data` names the place in it and the
    nearest valid name.

    Scope: `read`; transcripts, state and attributes need `read:transcripts`, phone numbers `read:pii`;
    `sql` is for `admin`.
    """
    return await caller.answer(_ask, query, project)


def _ask(caller: Caller, query: Query, header: str | None) -> Answer:
    check_texts(query.model_dump())
    project = caller.chosen_project(header)
    return queries_of(caller).run(query, project, explain=caller.may("admin"), need=caller.need)


@router.post(
    "/v1/query/conversations",
    summary="Who is behind a number",
    **answers(QueryConversations, _BEHIND),
)
async def behind(caller: Reading, drill: Drill, project: ProjectHeader = None) -> Json:
    """The conversations that a cell of an answer was made of, newest first: `query` is the answer's
    `drill.query`, `row` its row (none: all), `measure` the column (none: all of the row's conversations).
    Of a rate these are the ones counted; with `"side": "base"` those it is a share of. `"count": false`: only
    the page, without how many there are.

    Scope: as for the query itself.
    """
    return await caller.answer(_behind, drill, project)


def _behind(caller: Caller, drill: Drill, header: str | None) -> dict[str, Any]:
    check_texts(drill.model_dump())
    project = caller.chosen_project(header)
    after, count = (None, None) if drill.cursor is None else _place(project.id, drill.cursor)
    known = count if drill.count else 0
    found, counted, last = queries_of(caller).behind(
        drill, project, after=after, known=known, need=caller.need
    )
    count = counted if drill.count else count
    view = View.of(caller)
    return {
        "conversations": [
            {
                "id": one.id,
                "started_at": one.started_at,
                "channel": one.channel,
                "from_number": view.number(one.from_number),
                "duration": one.duration,
                "values": one.values,
            }
            for one in found
        ],
        "count": count,
        "cursor": None if last is None else write_cursor(project.id, last, count),
    }


def _place(project_id: int, cursor: str) -> tuple[Key, int | None]:
    try:
        return read_place(project_id, cursor)
    except InvalidInput:
        raise refusal("cursor", "is not one that this list has given: begin again without one") from None
