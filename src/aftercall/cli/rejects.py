"""``aftercall rejects list|show|replay|drop``: events the server refused and kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from aftercall.cli.options import Json, Project, Yes, group, sure

app = group("Events that were refused: look, mend, send again, or drop.")

RejectId = Annotated[str, typer.Argument(help="Its id in `rejects list`.")]


@app.command("list")
def list_(
    project: Project = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many at most.")] = 20,
    before: Annotated[str | None, typer.Option(help="The id that the last page ended with.")] = None,
    json: Json = False,
) -> None:
    """The newest first."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, note, table, text

    with connect() as api:
        slug = api.project(project)
        answer = api.get("/v1/rejects", project=slug, limit=limit, before=before)
    if json:
        return document(answer)
    table(
        slug,
        ("received", "id", "code", "conversation", "reason"),
        [
            (
                str(one["received_at"])[:19].replace("T", " "),
                one["id"],
                one["code"],
                text(one.get("conversation_id"), longest=40),
                text(one["reason"], longest=100),
            )
            for one in answer["rejects"]
        ],
        empty="nothing was refused",
    )
    if answer["next_before"]:
        note(f"{answer['count']:,} in all; more: --before {answer['next_before']}")
    return None


@app.command()
def show(reject_id: RejectId, project: Project = None, json: Json = False) -> None:
    """One refused event as it was sent."""
    from aftercall.cli.api import segment
    from aftercall.cli.connection import connect
    from aftercall.cli.output import console, document, text

    with connect() as api:
        found = api.get(f"/v1/rejects/{segment(reject_id)}", project=api.project(project))
    if json:
        return document(found)
    out = console()
    for key, value in found.items():
        out.print(text(f"{key}: ", "dim") + text(value))
    return None


@app.command()
def replay(
    reject_id: Annotated[str | None, typer.Argument(help="Its id; without one, all of them.")] = None,
    project: Project = None,
    mended: Annotated[
        str | None,
        typer.Option("--mended", help="A file with the event as it should be; - is standard input."),
    ] = None,
    code: Annotated[str | None, typer.Option(help="Of all of them, those refused for this reason.")] = None,
    json: Json = False,
) -> None:
    """Judge refused events again; what is good now goes in. Exit code 3 when some stay refused."""
    from aftercall.cli.api import segment
    from aftercall.cli.connection import connect
    from aftercall.cli.exits import PARTLY
    from aftercall.cli.output import document, say
    from aftercall.errors import InvalidInput

    if reject_id is None and mended is not None:
        raise InvalidInput("--mended needs the id of the one event that it replaces")
    with connect() as api:
        slug = api.project(project)
        if reject_id is not None:
            event = _event(mended) if mended else None
            answer = api.post(f"/v1/rejects/{segment(reject_id)}/replay", event, project=slug)
        else:
            answer = api.post("/v1/rejects/replay", {"code": code} if code else {}, project=slug)
    if json:
        document(answer)
    else:
        say(", ".join(f"{key}: {value}" for key, value in answer.items()))
    if answer.get("remaining"):
        raise typer.Exit(PARTLY)


def _event(source: str) -> Any:
    import json

    from aftercall.errors import InvalidInput

    try:
        return json.loads(sys.stdin.read() if source == "-" else Path(source).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{source} is no readable JSON: {error}") from error


@app.command()
def drop(reject_id: RejectId, project: Project = None, yes: Yes = False, json: Json = False) -> None:
    """Take a refused event off the list for good."""
    from aftercall.cli.api import segment
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, say, shown

    with connect() as api:
        slug = api.project(project)
        sure(f"Drop {shown(reject_id)} for good?", yes)
        api.delete(f"/v1/rejects/{segment(reject_id)}", project=slug)
    if json:
        return document({"dropped": reject_id, "project": slug})
    return say(f"dropped {reject_id}")
