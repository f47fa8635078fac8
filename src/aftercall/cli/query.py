"""``aftercall query``: a question as a file, on standard input, or in short options; a table, CSV or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from aftercall.cli.options import Json, Project
from aftercall.errors import InvalidInput

OPS = {"!=": "ne", ">=": "gte", "<=": "lte", "=": "eq", ">": "gt", "<": "lt", "~": "contains"}
"""Longest first, so that >= is not taken for >."""


def query(
    file: Annotated[
        str | None, typer.Argument(help="A file with the query as JSON; - is standard input.")
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option("--measure", "-m", help="METRIC or METRIC.AGG, such as duration.p95. Repeatable."),
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", "-b", help="Rows for each value. Repeatable.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", "-w", help="FIELD=VALUE, also != > >= < <= and ~ (contains). Repeatable."),
    ] = None,
    last: Annotated[str | None, typer.Option(help="Up to now: 24h, 30d, 12w, 6mo. Default 30d.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="ISO date or time.")] = None,
    to: Annotated[str | None, typer.Option(help="ISO date (its day included) or time (excluded).")] = None,
    preset: Annotated[str | None, typer.Option(help="today, yesterday, this_week, last_month...")] = None,
    interval: Annotated[
        str | None, typer.Option("--interval", "-i", help="15m, hour, day, week, month...")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name. Default the project's.")] = None,
    compare: Annotated[str | None, typer.Option(help="previous_period, previous_week...")] = None,
    sort: Annotated[
        list[str] | None, typer.Option(help="Column, or -column for downwards. Repeatable.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", help="Groups at most.")] = None,
    other: Annotated[bool, typer.Option("--other", help="Put the rest together as one group.")] = False,
    project: Project = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output, nothing else.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Also what ran (needs a key with admin).")] = False,
) -> None:
    """Ask for numbers: aftercall query --measure BOOKED.rate --by variant_name --last 30d --interval day"""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document
    from aftercall.cli.query_table import print_answer, print_csv

    asked = {} if file is None else read(file)
    asked |= _short(measure, by, where, sort)
    asked |= _over(last, since, to, preset)
    told = {"interval": interval, "timezone": timezone, "compare": compare, "limit": limit}
    asked |= {name: value for name, value in told.items() if value is not None}
    if other:
        asked["other"] = True
    with connect() as api:
        answer = api.post("/v1/query", asked, project=api.project(project))
    if json:
        return document(answer)
    if csv:
        return print_csv(answer)
    return print_answer(answer, sql=sql)


def read(file: str) -> dict[str, Any]:
    """The JSON object in a file, or on standard input. Raises InvalidInput."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{file}: {error}") from None
    if not isinstance(found, dict):
        raise InvalidInput(f"{file}: a query is one JSON object")
    return found


def _short(
    measures: Sequence[str] | None,
    by: Sequence[str] | None,
    where: Sequence[str] | None,
    sort: Sequence[str] | None,
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if measures:
        told["measures"] = [measure_of(one) for one in measures]
    if by:
        told["by"] = list(by)
    if where:
        told["where"] = [condition_of(one) for one in where]
    if sort:
        told["sort"] = [
            {"field": one.removeprefix("-"), "order": "desc" if one.startswith("-") else "asc"}
            for one in sort
        ]
    return told


def _over(last: str | None, since: str | None, to: str | None, preset: str | None) -> dict[str, Any]:
    ranges: list[dict[str, Any]] = []
    if last is not None:
        ranges.append({"last": last})
    if since is not None or to is not None:
        ranges.append({name: text for name, text in (("from", since), ("to", to)) if text is not None})
    if preset is not None:
        ranges.append({"preset": preset})
    if len(ranges) > 1:
        raise InvalidInput("say the time once: --last, or --from and --to, or --preset")
    return {"over": ranges[0]} if ranges else {}


def measure_of(text: str) -> dict[str, Any]:
    """``duration.p95`` is the metric duration by its p95; names may have dots of their own."""
    from aftercall.metrics.query import Agg

    metric, dot, agg = text.rpartition(".")
    return {"metric": metric, "agg": agg} if dot and metric and agg in get_args(Agg) else {"metric": text}


def condition_of(text: str) -> dict[str, Any]:
    """``CALL_REASON=billing``; the value is JSON where it reads as a number, true or false, else a text.

    Raises InvalidInput.
    """
    found = [(text.index(sign), -len(sign), sign) for sign in OPS if sign in text]
    if not found:
        raise InvalidInput(f"--where {text!r}: write FIELD=VALUE, or with one of {' '.join(OPS)}")
    place, _, sign = min(found)
    field, value = text[:place].strip(), text[place + len(sign) :].strip()
    return {"field": field, "op": OPS[sign], "value": value if sign == "~" else _value(value)}


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float | str) else text
