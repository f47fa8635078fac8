"""``aftercall postcall``: what waits after calls, and what failed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from aftercall.cli.options import Json, Project


def postcall(
    project: Project = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many at most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="Where the last page ended.")] = None,
    json: Json = False,
) -> None:
    """Post-call work of a project: how much waits, and the conversations whose newest attempt failed."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, note, say, table

    with connect(postcall=True) as api:
        slug = api.project(project)
        found = api.get("/v1/postcall", project=slug, limit=limit, cursor=cursor)
    if json:
        return document(found)
    counts = found["counts"]
    since = f", the oldest since {_time(counts['oldest_due_at'])}" if counts["oldest_due_at"] else ""
    say(f"{slug}: {counts['due']:,} to be analysed{since}; {counts['failed']:,} failed")
    deliveries = ", ".join(f"{number:,} {status}" for status, number in counts["deliveries"].items())
    say(f"deliveries to webhooks: {deliveries}")
    table(
        "failed",
        ("conversation", "failed", "#attempts", "next try", "error"),
        [_row(one) for one in found["failures"]],
        empty="nothing failed",
    )
    if found["failures"]:
        note("`aftercall conversations get ID` shows the traceback; `aftercall replay --failed` tries again")
    if found["cursor"]:
        note(f"more: --cursor {found['cursor']}")
    return None


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    from aftercall.cli.output import text

    return (
        text(one["conversation_id"], longest=64),
        _time(one["failed_at"]),
        one["attempts"],
        _time(one["retry_at"]) if one["retry_at"] else "by hand",
        text(one["error"], "red", longest=160),
    )


def _time(at: str) -> str:
    return str(at)[:19].replace("T", " ")
