"""``aftercall webhooks list|add|remove|test|deliveries|redeliver``: who hears of analysed conversations."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from aftercall.cli.options import Json, Project, Yes, group, sure

app = group("Webhooks: addresses that hear of every analysed conversation.")

WebhookId = Annotated[int, typer.Argument(help="Its number in `webhooks list`.", min=1)]
PATH = "/v1/webhooks"


@app.command("list")
def list_(project: Project = None, json: Json = False) -> None:
    """The oldest first; never their secrets."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, table

    with connect() as api:
        slug = api.project(project)
        answer = api.get(PATH, project=slug)
    if json:
        return document(answer)
    return table(
        slug,
        ("#id", "name", "made", "state", "url"),
        [
            (
                one["id"],
                one["name"],
                str(one["created_at"])[:10],
                "active" if one["active"] else "off",
                one["url"],
            )
            for one in answer["webhooks"]
        ],
        empty="no webhook yet: `aftercall webhooks add URL` makes one",
    )


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="https://..., which answers 2xx once it has taken a result.")],
    name: Annotated[str | None, typer.Option(help="For people. Default: its host.")] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Make a webhook. The secret that signs what it gets is printed once."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, note, say

    told = {"url": url, **({"name": name} if name else {})}
    with connect() as api:
        made = api.post(PATH, told, project=api.project(project))
    if json:
        return document(made)
    note(f"webhook {made['id']}; keep its secret now: it cannot be shown again")
    return say(made["secret"])


@app.command()
def remove(webhook_id: WebhookId, project: Project = None, yes: Yes = False, json: Json = False) -> None:
    """Take a webhook away, with its log."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, say, shown

    with connect() as api:
        slug = api.project(project)
        found = api.get(f"{PATH}/{webhook_id}", project=slug)
        sure(f"Remove {shown(found['url'])} and the log of what it got?", yes)
        gone = api.delete(f"{PATH}/{webhook_id}", project=slug)
    if json:
        return document(gone)
    return say(f"removed webhook {webhook_id}")


@app.command()
def test(webhook_id: WebhookId, project: Project = None, json: Json = False) -> None:
    """Send it a signed `webhook.test` now. Exit code 3 when it does not take it."""
    from aftercall.cli.connection import connect
    from aftercall.cli.exits import PARTLY
    from aftercall.cli.output import document, say

    with connect(postcall=True) as api:
        answer = api.post(f"{PATH}/{webhook_id}/test", project=api.project(project))
    if json:
        document(answer)
    elif answer["delivered"]:
        say(f"delivered, answered {answer['response_code']}")
    else:
        say(f"not delivered: {answer['error']}")
    if not answer["delivered"]:
        raise typer.Exit(PARTLY)


@app.command()
def deliveries(
    project: Project = None,
    webhook: Annotated[int | None, typer.Option(help="Only to this one.", min=1)] = None,
    conversation: Annotated[str | None, typer.Option(help="Only of this one.")] = None,
    status: Annotated[str | None, typer.Option(help="pending, delivered, failed or dropped.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many at most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="Where the last page ended.")] = None,
    json: Json = False,
) -> None:
    """What webhooks were sent, the newest first."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, note, table

    asked = {"webhook_id": webhook, "conversation_id": conversation, "status": status}
    with connect() as api:
        slug = api.project(project)
        answer = api.get("/v1/deliveries", project=slug, limit=limit, cursor=cursor, **asked)
    if json:
        return document(answer)
    table(
        slug,
        ("made", "#webhook", "conversation", "status", "#tries", "#answer", "id", "problem"),
        [_row(one) for one in answer["deliveries"]],
        empty="nothing was sent",
    )
    if answer["cursor"]:
        note(f"more: --cursor {answer['cursor']}")
    return None


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    from aftercall.cli.output import text

    return (
        str(one["created_at"])[:19].replace("T", " "),
        one["webhook_id"],
        text(one["conversation_id"], longest=40),
        one["status"],
        one["tries"],
        one["response_code"] or "",
        one["id"],
        text(one["error"], longest=80),
    )


@app.command()
def redeliver(
    delivery_id: Annotated[str, typer.Argument(help="Its id in `webhooks deliveries`.")],
    project: Project = None,
    json: Json = False,
) -> None:
    """Send one again, under its old id, with the conversation as it is now."""
    from aftercall.cli.api import segment
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, say

    with connect(postcall=True) as api:
        path = f"/v1/deliveries/{segment(delivery_id)}/redeliver"
        answer = api.post(path, project=api.project(project))
    if json:
        return document(answer)
    return say(f"{delivery_id} is sent again")
