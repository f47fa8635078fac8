"""``aftercall conversations list|get|erase``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aftercall.cli.options import Json, Limit, Project, Yes, group, sure

if TYPE_CHECKING:
    from aftercall.cli.api import Api

app = group("Look at conversations, or erase one for good.")

ALL_OF_TIME = ("2000-01-01", "2200-01-01")
Id = Annotated[str, typer.Argument(help="The conversation's id.")]


@app.command("list")
def list_(
    project: Project = None,
    limit: Limit = 20,
    since: Annotated[
        str | None, typer.Option(help="Started at or after: ISO 8601, such as 2026-03-01.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Started before: ISO 8601.")] = None,
    search: Annotated[str | None, typer.Option(help="Words that one utterance holds.")] = None,
    channel: Annotated[str | None, typer.Option(help="voice, chat...")] = None,
    environment: Annotated[str, typer.Option(help="live, pre-release or sandbox.")] = "live",
    cursor: Annotated[str | None, typer.Option(help="Where the last page ended.")] = None,
    json: Json = False,
) -> None:
    """The newest conversations, one line each."""
    from aftercall.cli.api import segment
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, note, table

    if search:  # which the API does not do without bounds: all of time, if none are given
        since, until = since or ALL_OF_TIME[0], until or ALL_OF_TIME[1]
    with connect() as api:
        slug = api.project(project)
        page = api.get(
            f"/v3/{segment(api.account(slug))}/{segment(slug)}/conversations",
            limit=limit,
            start_time=since,
            end_time=until,
            query=search,
            query_type="transcript" if search else None,
            channel=channel,
            client_env=environment,
            cursor=cursor,
        )
    if json:
        return document(page)
    table(
        slug,
        ("started", "id", "channel", "#turns", "#seconds", "handoff", "metrics"),
        [_row(one) for one in page["conversations"]],
        empty="no conversation fits: loosen the options, or bring some in with `aftercall import FILE`",
    )
    if page.get("cursor"):
        note(f"more: --cursor {page['cursor']}")
    return None


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    from aftercall.cli.output import text

    handoff = (one.get("handoff_destination") or "yes") if one.get("handoff") else ""
    return (
        str(one["started_at"])[:19].replace("T", " "),
        text(one["id"], longest=64),
        one["channel"],
        one.get("num_turns", 0),
        "…" if one["in_progress"] else one.get("total_duration", 0),
        handoff,
        text(", ".join(one.get("metrics") or {}), "dim", longest=60),
    )


@app.command()
def get(conversation_id: Id, project: Project = None, json: Json = False) -> None:
    """One conversation: what was said, what was measured, what was called."""
    from aftercall.cli.api import segment
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document

    with connect() as api:
        slug = api.project(project)
        found = api.get(f"/v1/agents/{segment(slug)}/conversations/{segment(conversation_id)}")
        attempts = [] if json else _attempts(api, slug, conversation_id)
    if json:
        return document(found)
    _show(found)
    return _show_failure(attempts)


def _attempts(api: Api, slug: str, conversation_id: str) -> list[dict[str, Any]]:
    """What was done after it; nothing for a key that may not see it."""
    from aftercall.cli.api import segment
    from aftercall.cli.exits import Refusal

    try:
        answer = api.get(f"/v1/conversations/{segment(slug)}/{segment(conversation_id)}/attempts")
    except Refusal as error:
        if error.http_status == 403:
            return []
        raise
    found: list[dict[str, Any]] = answer["attempts"]
    return found


def _show_failure(attempts: list[dict[str, Any]]) -> None:
    """Of the newest attempt: what failed before it, and was repeated, is history."""
    from aftercall.cli.output import console, text

    if not attempts or attempts[-1]["status"] == "ok":
        return
    last, out = attempts[-1], console()
    again = f"tried again at {last['retry_at'][:19]}" if last["retry_at"] else "waits for `aftercall replay`"
    out.print()
    out.print(text(f"post-call attempt {last['number']} failed, {again}: ") + text(last["error"], "red"))
    for line in (last["traceback"] or "").splitlines():
        out.print(text(f"  {line}", "dim"), soft_wrap=True)


def _show(found: dict[str, Any]) -> None:
    from aftercall.cli.output import console, text

    out = console()
    facts = (
        "startedAt",
        "finishedAt",
        "clientEnv",
        "channel",
        "language",
        "fromNumber",
        "toNumber",
        "handoffReason",
    )
    out.print(text(found["conversationId"], "bold"))
    for name in facts:
        if found.get(name):
            out.print(text(f"{name}: ", "dim") + text(found[name]))
    out.print()
    for turn in found.get("turns") or []:
        for speaker, key, style in (("user ", "user_input", "cyan"), ("agent", "agent_response", "")):
            if turn.get(key):
                out.print(text(f"{speaker}  ", "dim") + text(turn[key], style))
    for name, value in (found.get("metrics") or {}).items():
        shown_value = ", ".join(map(str, value)) if isinstance(value, list) else value
        out.print(text(f"{name} ", "bold") + text(shown_value, longest=200))
    for event in found.get("functionEvents") or []:
        out.print(
            text("called ", "dim") + text(event.get("name")) + text(f" {event.get('error') or ''}", "red")
        )


@app.command()
def erase(
    conversation_id: Id,
    project: Project = None,
    reason: Annotated[str | None, typer.Option(help="Why, for the record.")] = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Forget a conversation: every copy goes, and nothing more is taken for its id."""
    from aftercall.cli.api import segment
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, say, shown

    with connect() as api:
        slug = api.project(project)
        # Asked first: an erasure of an id that was never there would forbid it for ever.
        api.get(f"/v1/agents/{segment(slug)}/conversations/{segment(conversation_id)}")
        sure(f"Erase {shown(conversation_id)} of {shown(slug)} for good?", yes)
        event = {"kind": "erasure", "conversation_id": conversation_id, "source": "human", "reason": reason}
        api.post("/v1/ingest", {"schema": 1, "events": [event]}, project=slug)
    if json:
        return document({"erased": conversation_id, "project": slug})
    return say(f"erased {conversation_id}")
