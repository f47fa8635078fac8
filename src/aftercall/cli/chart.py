"""``aftercall chart``: a question as a picture, or a tile of a dashboard as one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aftercall.cli.options import Project
from aftercall.errors import InvalidInput

if TYPE_CHECKING:
    from aftercall.cli.api import Api

FORMATS = ("png", "svg", "csv")


def chart(
    file: Annotated[str, typer.Argument(help="Where to: FILE.png, .svg or .csv; - is a PNG on stdout.")],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", "-k", help="kpi, line, bar, donut, pie, table, heatmap, histogram. Default: what fits."
        ),
    ] = None,
    tile: Annotated[
        str | None, typer.Option(help="A file with a tile as JSON; - is standard input. Instead of options.")
    ] = None,
    dashboard: Annotated[str | None, typer.Option(help="Take a tile of this dashboard, by --title.")] = None,
    title: Annotated[str | None, typer.Option(help="What stands above it.")] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option("--measure", "-m", help="METRIC or METRIC.AGG, such as duration.p95. Repeatable."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", "-b", help="FIELD, or FIELD:WIDTH for steps of a number. Repeatable."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", "-w", help="FIELD=VALUE, also != > >= < <= and ~ (contains). Repeatable."),
    ] = None,
    last: Annotated[str | None, typer.Option(help="Up to now: 24h, 30d, 12w, 6mo. Default 30d.")] = None,
    interval: Annotated[
        str | None, typer.Option("--interval", "-i", help="15m, hour, day, week, month...")
    ] = None,
    compare: Annotated[str | None, typer.Option(help="previous_period, previous_week...")] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", help="Groups at most.")] = None,
    other: Annotated[bool, typer.Option("--other", help="Put the rest together as one group.")] = False,
    theme: Annotated[str, typer.Option(help="light or dark.")] = "light",
    width: Annotated[int | None, typer.Option(help="CSS pixels; a PNG has twice as many.")] = None,
    height: Annotated[int | None, typer.Option(help="CSS pixels.")] = None,
    project: Project = None,
) -> None:
    """Draw: aftercall chart reasons.png --by CALL_REASON --last 30d"""
    from aftercall.cli.connection import connect

    options = {"interval": interval, "compare": compare, "limit": limit, "other": other or None}
    with connect() as api:
        slug = api.project(project)
        filters = None
        if dashboard is not None:
            told, filters = _of_dashboard(api, slug, dashboard, title)
        elif tile is not None:
            told = _read(tile)
        else:
            told = _tile(kind, _query(measure, by, where, last, options))
        if title is not None:
            told["title"] = title
        body = {"tile": told, "filters": filters, "format": _format(file), "theme": theme}
        body |= {"width": width, "height": height}
        content = _file(api, {key: value for key, value in body.items() if value is not None}, slug)
    _write(file, content)


def _query(
    measures: list[str] | None,
    by: list[str] | None,
    where: list[str] | None,
    last: str | None,
    options: dict[str, Any],
) -> dict[str, Any]:
    from aftercall.cli.query import condition_of, measure_of

    told: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if measures:
        told["measures"] = [measure_of(one) for one in measures]
    if by:
        told["by"] = [_group(one) for one in by]
    if where:
        told["where"] = [condition_of(one) for one in where]
    if last is not None:
        told["over"] = {"last": last}
    return told


def _group(text: str) -> Any:
    """``duration:30`` is duration in steps of 30; names may have colons of their own."""
    field, colon, width = text.rpartition(":")
    try:
        return {"field": field, "bucket": float(width)} if colon and field else text
    except ValueError:
        return text


def _tile(kind: str | None, query: dict[str, Any]) -> dict[str, Any]:
    """The kind that fits the question, unless one is named."""
    by = query.get("by", [])
    if kind is None and by and isinstance(by[0], dict):
        kind = "histogram"
    return {"kind": kind or ("line" if "interval" in query else "bar" if by else "kpi"), "query": query}


def _of_dashboard(api: Api, slug: str, name: str, title: str | None) -> tuple[dict[str, Any], Any]:
    """(the tile, the board's filters)."""
    boards = api.get("/v1/dashboards", project=slug)["dashboards"]
    found = next((one for one in boards if one["name"].casefold() == name.casefold()), None)
    if found is None:
        names = ", ".join(one["name"] for one in boards) or "there is none yet"
        raise InvalidInput(f"there is no dashboard called {name!r}: {names}")
    tiles = [one["tile"] for one in found["tiles"]]
    chosen = [one for one in tiles if title is None or one.get("title", "").casefold() == title.casefold()]
    if len(chosen) != 1:
        titles = ", ".join(repr(one.get("title", "")) for one in tiles)
        raise InvalidInput(f"name one tile of {found['name']!r} with --title: {titles}")
    return chosen[0], found["filters"] or None


def _read(tile: str) -> dict[str, Any]:
    from aftercall.cli.query import read

    return read(tile)


def _format(file: str) -> str:
    """By the end of the file's name. Raises InvalidInput."""
    if file == "-":
        return "png"
    found = Path(file).suffix.lower().removeprefix(".")
    if found not in FORMATS:
        raise InvalidInput(f"{file}: its name must end with .png, .svg or .csv")
    return found


def _file(api: Api, body: dict[str, Any], slug: str) -> bytes:
    import httpx

    from aftercall.cli.api import answered
    from aftercall.errors import Unavailable

    try:
        response = api.client.post("/v1/charts/file", json=body, headers={"x-aftercall-project": slug})
    except httpx.TransportError as error:
        raise Unavailable(f"the server does not answer ({error})", code="UNREACHABLE") from error
    if not response.is_success:
        answered(response)
    return response.content


def _write(file: str, content: bytes) -> None:
    if file == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        Path(file).write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"{file} was not written: {error.strerror}", code="FILE_NOT_WRITTEN") from error
