"""``aftercall metrics versions|compare``: what a definition was, and what another one changed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from aftercall.cli.options import Json, Project

Name = Annotated[str, typer.Argument(help="The metric, exactly as it is written.")]


def versions(name: Name, project: Project = None, json: Json = False) -> None:
    """The definitions that a metric's extraction has had: who made each, when, and how many calls have values
    of it."""
    from aftercall.cli.api import segment
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, table

    with connect() as api:
        told = api.get(f"/v1/metrics/{segment(name)}/versions", project=api.project(project))
    if json:
        return document(told)
    return table(
        f"versions of {name}",
        ("version", "#calls", "#newest in", "made (UTC)", "by", "question"),
        [_version(one) for one in told["versions"]],
        empty="it was never extracted: give it an extract: in metrics.yaml",
    )


def compare(
    name: Name,
    old: Annotated[str | None, typer.Argument(help="A version. Default: the one before.")] = None,
    new: Annotated[str | None, typer.Argument(help="A version. Default: the one in force.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Calls listed.")] = 20,
    project: Project = None,
    json: Json = False,
) -> None:
    """What two versions of a definition said of the same calls: how many agree, what moved where, and which
    calls to look at. `aftercall backfill` makes the values of the newer one."""
    from aftercall.cli.api import segment
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, say, table

    with connect() as api:
        told = api.get(
            f"/v1/metrics/{segment(name)}/versions/compare",
            project=api.project(project),
            old=old,
            new=new,
            limit=limit,
        )
    if json:
        return document(told)
    table(
        f"{name}: {told['old']} and {told['new']}",
        ("#calls", "old", "new"),
        [
            (f"{one['conversations']:,}", _said(one["old"]), "same" if one["agrees"] else _said(one["new"]))
            for one in told["moves"]
        ],
        empty="no call has values of both: `aftercall backfill` makes them",
    )
    if told["conversations"]:
        share = told["agree"] / told["conversations"]
        say(f"{told['agree']:,} of {told['conversations']:,} calls agree ({share:.1%})")
    if told["calls"]:
        table(
            "calls that differ",
            ("call", "old", "new", "why the new one"),
            [
                (one["conversation_id"], _said(one["old"]), _said(one["new"]), one["new_reason"])
                for one in told["calls"]
            ],
            empty="",
        )
    return None


def _version(one: dict[str, Any]) -> tuple[object, ...]:
    question = (one["extraction"] or {}).get("extract", "")
    if isinstance(question, dict):
        question = question.get("question") or f"use: {question.get('use')}"
    return (
        (one["version"] or "-") + (" (current)" if one["current"] else ""),
        f"{one['conversations']:,}",
        f"{one['standing']:,}",
        one["at"][:16].replace("T", " "),
        one["by"],
        question or ("nothing is asked" if one["type"] else "not of this registry"),
    )


def _said(one: dict[str, Any]) -> str:
    value = one["value"]
    if value is None:
        return f"({one['status']})"
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return shown if one["status"] == "ok" else f"{shown} ({one['status']})"
