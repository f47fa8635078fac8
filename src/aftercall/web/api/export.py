"""GET /v1/export: the conversations' table, or a Query's answer, as a file. See docs/export.md."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from aftercall.metrics.export import Export, Wanted
from aftercall.metrics.export_answer import answer_file
from aftercall.metrics.export_columns import MOST_COLUMNS
from aftercall.metrics.export_formats import MEDIA_TYPES, Format
from aftercall.metrics.query import Query as Question
from aftercall.metrics.strict import refusal
from aftercall.web.api.query import queries_of
from aftercall.web.caller import Caller, ProjectHeader, Reading

router = APIRouter(tags=["Numbers"])
_FILES = {
    media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
    for media in MEDIA_TYPES.values()
}


class ExportParameters(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    format: Format = "csv"
    column: list[str] = Field(
        [],
        max_length=MOST_COLUMNS,
        description="One or more, in the file's order. Default all but bookkeeping.",
    )
    internal: bool = Field(False, description="Also bookkeeping columns: every write, versions.")
    last: str | None = Field(None, description="Up to now: 24h, 30d, 12w, 6mo. Default all of time.")
    from_: str | None = Field(None, alias="from", description="ISO 8601 date or time.")
    to: str | None = Field(None, description="A date, its day included; or a time, excluded.")
    preset: str | None = Field(None, description="today, yesterday, this_week, last_month...")
    timezone: str | None = Field(None, description="IANA name: whose dates. Default the project's.")
    where: str | None = Field(None, max_length=100_000, description="A query's conditions: a JSON list.")
    query: str | None = Field(
        None, max_length=100_000, description="A query as JSON: its answer is the file, not the table."
    )

    def table(self) -> Wanted:
        """Raises QueryInvalid."""
        told = {"last": self.last, "from": self.from_, "to": self.to, "preset": self.preset}
        over: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
        asked: dict[str, Any] = {"over": over or {"all": True}}
        if self.timezone is not None:
            asked["timezone"] = self.timezone
        if self.where is not None:
            asked["where"] = _json(self.where, "where")
        return Wanted(Question.read(asked), self.format, self.column, self.internal)

    def question(self) -> Question:
        """Raises QueryInvalid."""
        assert self.query is not None
        alone = {"format", "query"}
        if beside := sorted(self.model_fields_set - alone):
            name = beside[0].rstrip("_")
            raise refusal(
                name, "belongs to the table: a query says within itself which conversations it is of"
            )
        return Question.read(_json(self.query, "query"))


def _json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise refusal(place, "is no JSON") from None


@router.get(
    "/v1/export",
    summary="Download the table",
    response_class=StreamingResponse,
    responses={200: {"description": "The file, as it is made", "content": _FILES}},
)
async def export(
    caller: Reading, asked: Annotated[ExportParameters, Query()], project: ProjectHeader = None
) -> StreamingResponse:
    """A line per conversation, newest first, with a column for each built-in and each registered metric:
    [Export](export.md). With `query` the rows of its answer instead.

    An answer that breaks off failed: the log says why. Scope: `read`; transcripts, state and attributes need
    `read:transcripts` (else they are left out), whole phone numbers `read:pii`.
    """
    pieces, name = await caller.services.read(_open, caller, asked, project)
    # The first piece before any header: what is wrong with the question must still become a refusal.
    first = await caller.services.read(next, pieces, None)
    return StreamingResponse(
        _stream(caller, first, pieces),
        media_type=MEDIA_TYPES[asked.format],
        headers={"Content-Disposition": f'attachment; filename="{name}.{asked.format}"'},
    )


def _open(caller: Caller, asked: ExportParameters, header: str | None) -> tuple[Iterator[bytes], str]:
    queries = queries_of(caller)
    if asked.query is not None:
        question = asked.question()
        project = caller.chosen_project(header)
        answer = queries.run(question, project, need=caller.need)
        return iter([answer_file(answer, asked.format)]), f"{project.slug}-query"
    wanted = asked.table()
    project = caller.chosen_project(header)
    store = caller.services.store
    made = Export(store, queries, project, wanted, may=caller.may, need=caller.need)
    return made.pages(), f"{project.slug}-conversations"


async def _stream(caller: Caller, first: bytes | None, rest: Iterator[bytes]) -> AsyncIterator[bytes]:
    piece = first
    while piece is not None:
        if piece:
            yield piece
        piece = await caller.services.read(next, rest, None)
