"""POST /v1/charts: a tile, drawn. POST /v1/charts/file: as PNG, SVG or CSV. See docs/dashboards.md."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from aftercall.charts.board import narrowed
from aftercall.charts.drawing import Drawing, draw
from aftercall.charts.image import image
from aftercall.charts.tile import Tile
from aftercall.errors import UserError
from aftercall.metrics.answer import Answer
from aftercall.metrics.export_answer import answer_file
from aftercall.metrics.query import Query
from aftercall.metrics.strict import check_texts
from aftercall.web.answers import Json
from aftercall.web.api.chart_models import (
    CHART,
    DRAWN_BOARD,
    ChartShape,
    DrawnBoardShape,
    Wanted,
    WantedBoard,
    WantedFile,
)
from aftercall.web.api.documented import answers
from aftercall.web.api.query import QueryRoute, queries_of
from aftercall.web.caller import Caller, ProjectHeader, Reading

router = APIRouter(tags=["Dashboards"], route_class=QueryRoute)
MEDIA_TYPES = {"png": "image/png", "svg": "image/svg+xml", "csv": "text/csv; charset=utf-8"}


@router.post("/v1/charts", summary="Draw a tile", **answers(ChartShape, CHART))
async def chart(caller: Reading, wanted: Wanted, project: ProjectHeader = None) -> Json:
    """A tile as the dashboards have it: a [query](query.md), a kind of chart, a format. The answer has a
    Vega-Lite spec or figures, the same as a table, and for each number how to ask who is behind it:
    [Dashboards](dashboards.md).

    Scope: as for the query itself.
    """
    return await caller.answer(_chart, wanted, project)


def _chart(caller: Caller, wanted: Wanted, header: str | None) -> Drawing:
    query, answer = _asked(caller, wanted, header)
    return draw(wanted.tile, query, answer)


@router.post("/v1/charts/board", summary="Draw several tiles", **answers(DrawnBoardShape, DRAWN_BOARD))
async def board(caller: Reading, wanted: WantedBoard, project: ProjectHeader = None) -> Json:
    """Each tile has a `chart`, or the `problem` that an answer of its own would have been refused with.

    Scope: as for the queries themselves.
    """
    return await caller.answer(_board, wanted, project)


def _board(caller: Caller, wanted: WantedBoard, header: str | None) -> dict[str, Any]:
    caller.chosen_project(header)  # whose absence is no matter of one tile
    return {"charts": [_drawn(caller, id_, told, wanted, header) for id_, told in wanted.tiles.items()]}


def _drawn(caller: Caller, id_: str, told: Any, wanted: WantedBoard, header: str | None) -> dict[str, Any]:
    try:
        tile = Tile.read(told)
        chart = _chart(caller, Wanted(tile=tile, filters=wanted.filters), header)
    except UserError as error:
        problem = {"error_code": error.code, "error_message": error.message, "data": error.data}
        return {"id": id_, "chart": None, "problem": problem}
    return {"id": id_, "chart": chart, "problem": None}


def _asked(caller: Caller, wanted: Wanted, header: str | None) -> tuple[Query, Answer]:
    check_texts(wanted.model_dump())
    project = caller.chosen_project(header)
    query = narrowed(wanted.tile, wanted.filters)
    return query, queries_of(caller).run(query, project, need=caller.need)


@router.post(
    "/v1/charts/file",
    summary="A tile as a file",
    response_class=Response,
    responses={
        200: {
            "description": "The picture, or the answer's rows",
            "content": {
                media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                for media in MEDIA_TYPES.values()
            },
        }
    },
)
async def chart_file(caller: Reading, wanted: WantedFile, project: ProjectHeader = None) -> Response:
    """`png` and `svg` are drawn by the server; `csv` has all rows of the answer. Scope: as for the query."""
    # Aside from the readers: a picture takes up to seconds, and one is drawn at a time.
    content = await caller.services.aside(_file, caller, wanted, project)
    headers = {"Content-Disposition": f'attachment; filename="chart.{wanted.format}"'}
    if wanted.format == "svg":  # opened by itself it is a document: one that runs and loads nothing
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return Response(content, media_type=MEDIA_TYPES[wanted.format], headers=headers)


def _file(caller: Caller, wanted: WantedFile, header: str | None) -> bytes:
    query, answer = _asked(caller, wanted, header)
    if wanted.format == "csv":
        return answer_file(answer, "csv")
    drawing = draw(wanted.tile, query, answer)
    return image(drawing, wanted.format, theme=wanted.theme, width=wanted.width, height=wanted.height)
