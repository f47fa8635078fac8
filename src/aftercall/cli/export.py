"""``aftercall export``: the table of conversations, or a query's answer, into a file."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from aftercall.cli.options import Project
from aftercall.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from aftercall.cli.api import Api

FORMATS = ("csv", "jsonl", "parquet", "arrow")
PATIENCE_S = 300.0
"""Between two pieces of a file: a page of a large project under load."""


def export(
    file: Annotated[str, typer.Argument(help="Where to: FILE.csv, .jsonl, .parquet or .arrow; - is stdout.")],
    format_: Annotated[
        str | None,
        typer.Option("--format", "-f", help="csv, jsonl, parquet or arrow. Default: by FILE's end."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", "-c", help="Only these, in this order. Repeatable.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", "-w", help="FIELD=VALUE, also != > >= < <= and ~ (contains). Repeatable."),
    ] = None,
    last: Annotated[
        str | None, typer.Option(help="Up to now: 24h, 30d, 12w, 6mo. Default: everything.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="ISO date or time.")] = None,
    to: Annotated[str | None, typer.Option(help="ISO date (its day included) or time (excluded).")] = None,
    preset: Annotated[str | None, typer.Option(help="today, yesterday, this_week, last_month...")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name. Default the project's.")] = None,
    internal: Annotated[bool, typer.Option("--internal", help="Also our own bookkeeping columns.")] = False,
    query: Annotated[
        str | None, typer.Option(help="A file with a query as JSON: its answer, not the table.")
    ] = None,
    project: Project = None,
) -> None:
    """A line per conversation, for a spreadsheet, notebook or warehouse: aftercall export calls.parquet"""
    from aftercall.cli.connection import connect
    from aftercall.cli.query import condition_of, read

    asked: dict[str, Any] = {
        "format": format_ or _by_name(file),
        "column": column or None,
        "where": json.dumps([condition_of(one) for one in where]) if where else None,
        "last": last,
        "from": since,
        "to": to,
        "preset": preset,
        "timezone": timezone,
        "internal": "true" if internal else None,
        "query": None if query is None else json.dumps(read(query)),
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    with connect() as api:
        slug = api.project(project)
        if file == "-":
            _download(api, slug, asked, sys.stdout.buffer)
        else:
            _save(api, slug, asked, Path(file))


def _by_name(file: str) -> str:
    end = Path(file).suffix.removeprefix(".")
    if end not in FORMATS:
        raise InvalidInput(f"{file}: say --format, or end its name in .{', .'.join(FORMATS)}")
    return end


def _save(api: Api, slug: str, asked: dict[str, Any], path: Path) -> None:
    """The file appears when it is whole: half of one looks like all of it."""
    from aftercall.cli.output import note

    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as out:
            size = _download(api, slug, asked, out)
        part.replace(path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    note(f"{path}: {size:,} bytes")


def _download(api: Api, slug: str, asked: dict[str, Any], out: BinaryIO) -> int:
    """How many bytes there were. Raises as ``Api`` does."""
    import httpx

    from aftercall.cli.api import answered

    headers = {"x-aftercall-project": slug}
    timeout = httpx.Timeout(PATIENCE_S, connect=5.0)
    try:
        with api.client.stream("GET", "/v1/export", params=asked, headers=headers, timeout=timeout) as answer:
            if not answer.is_success:
                answer.read()
                answered(answer)
            return sum(_write(out, piece) for piece in answer.iter_bytes())
    except httpx.TransportError as error:
        raise Unavailable(
            f"the server at {api.client.base_url} broke off ({error}): what came is not whole, and its log"
            " says why",
            code="UNREACHABLE",
        ) from error


def _write(out: BinaryIO, piece: bytes) -> int:
    try:
        out.write(piece)
        out.flush()
    except BrokenPipeError:  # `aftercall export - | head`: enough was seen
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - or its flush at exit fails once more
        raise typer.Exit from None
    return len(piece)
