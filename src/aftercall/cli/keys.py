"""``aftercall keys create|list|revoke``."""

from __future__ import annotations

from typing import Annotated

import typer

from aftercall.cli.options import Json, group

app = group("API keys: what agent processes and programs show the server.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="ingest, read, read:transcripts, read:pii or admin; repeatable. Default: ingest."),
    ] = None,
    project: Annotated[
        str | None, typer.Option("--project", "-p", help="Only for this project. Default: for all.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a key. It is shown once and kept as a hash."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, note, say

    told = {"name": name, "scopes": scope or ["ingest"], "project": project}
    with connect() as api:
        made = api.post("/v1/keys", told)
    if json:
        return document(made)
    note("keep it now: it cannot be shown again")
    return say(made["key"])


@app.command("list")
def list_(
    every: Annotated[
        bool, typer.Option("--all", help="The revoked ones too; --json always has them.")
    ] = False,
    json: Json = False,
) -> None:
    """The keys that open something."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, table

    with connect() as api:
        answer = api.get("/v1/keys")
    if json:
        return document(answer)
    return table(
        "keys",
        ("#id", "key", "name", "scopes", "project", "last used", "state"),
        [
            (
                one["id"],
                f"{one['prefix']}…",
                one["name"],
                " ".join(one["scopes"]),
                one.get("project") or "all",
                str(one.get("last_used_at") or "never")[:16].replace("T", " "),
                "revoked" if one.get("revoked_at") else "good",
            )
            for one in answer["keys"]
            if every or not one["revoked_at"]
        ],
        empty="no key yet: `aftercall keys create NAME` makes one",
    )


@app.command()
def revoke(
    key_id: Annotated[int, typer.Argument(help="Its number in `keys list`.", min=1)], json: Json = False
) -> None:
    """Make a key worthless, within seconds."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, say

    with connect() as api:
        gone = api.delete(f"/v1/keys/{key_id}")
    if json:
        return document(gone if gone is not None else {"revoked": key_id})
    return say(f"revoked key {key_id}")
