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
        attempts = [] if json else _more(api, slug, conversation_id, "attempts").get("attempts", [])
        told = [] if json else _more(api, slug, conversation_id, "timeline").get("metrics", [])
    if json:
        return document(found)
    _show(found, {one["name"]: _by_whom(one) for one in told})
    return _show_failure(attempts)


def _more(api: Api, slug: str, conversation_id: str, what: str) -> dict[str, Any]:
    """Nothing for a key that may not see it."""
    from aftercall.cli.api import segment
    from aftercall.cli.exits import Refusal

    try:
        answer: dict[str, Any] = api.get(
            f"/v1/conversations/{segment(slug)}/{segment(conversation_id)}/{what}"
        )
    except Refusal as error:
        if error.http_status == 403:
            return {}
        raise
    return answer


def _by_whom(metric: dict[str, Any]) -> str:
    """Which extractor filled it, what came of that, and the words that show it; empty for other values."""
    lineage = metric["lineage"] or {}
    if metric["source"] != "extraction" or not lineage.get("status"):
        return ""
    told = [str(lineage.get("extractor"))]
    if lineage["status"] != "ok":
        told.append(": ".join(str(lineage[key]) for key in ("status", "reason") if lineage.get(key)))
    told += [f"turn {one.get('turn')}: {one.get('quote')}" for one in (metric["evidence"] or [])[:1]]
    return "; ".join(told)


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


def _show(found: dict[str, Any], by_whom: dict[str, str]) -> None:
    """``by_whom``: of extracted metrics, also of those that have no value."""
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
        by = f"  {by_whom[name]}" if by_whom.get(name) else ""
        out.print(text(f"{name} ", "bold") + text(shown_value, longest=200) + text(by, "dim", longest=200))
    for name in [name for name, by in by_whom.items() if by and name not in (found.get("metrics") or {})]:
        out.print(text(f"{name} ", "bold") + text(f"-  {by_whom[name]}", "dim", longest=200))
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
