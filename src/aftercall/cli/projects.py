"""``aftercall projects list|create``."""

from __future__ import annotations

from typing import Annotated

import typer

from aftercall.cli.options import Json, group

app = group("Projects: one agent's conversations and metrics each.")


@app.command("list")
def list_(json: Json = False) -> None:
    """Every project this key may see."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, table

    with connect() as api:
        answer = api.get("/v1/projects")
    if json:
        return document(answer)
    return table(
        "projects",
        ("slug", "name", "timezone", "created"),
        [
            (one["slug"], one.get("name"), one.get("timezone"), str(one.get("created_at", ""))[:10])
            for one in answer["projects"]
        ],
        empty="no project yet: `aftercall projects create NAME` makes one",
    )


@app.command()
def create(
    slug: Annotated[str, typer.Argument(help="Short name: lower-case letters, digits, dashes.")],
    name: Annotated[str | None, typer.Option(help="Its name for people.")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name, such as Europe/London.")] = None,
    json: Json = False,
) -> None:
    """Make a project."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, say

    told = {"slug": slug, "name": name, "timezone": timezone}
    with connect() as api:
        made = api.post("/v1/projects", {key: value for key, value in told.items() if value is not None})
    if json:
        return document(made)
    return say(f"made the project {slug}")
