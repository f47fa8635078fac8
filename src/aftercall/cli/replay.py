"""``aftercall replay CONVERSATION|--failed``: end_function once more, with the project's newest code."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aftercall.cli.options import Json, Project

if TYPE_CHECKING:
    from aftercall.cli.api import Api

LOOK_EVERY_S = 0.2
Attempt = dict[str, Any]


def replay(
    conversation_id: Annotated[str | None, typer.Argument(help="The conversation's id.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Every conversation whose newest attempt failed.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask models anew, where else stored answers are taken.")
    ] = False,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for the results; 0: do not.", min=0, max=86_400)
    ] = 60.0,
    project: Project = None,
    json: Json = False,
) -> None:
    """Analyse a conversation again, or all whose analysis failed. Its newest result counts, the old ones stay
    in its history. Exit code 3 when one fails, or is not there in time."""
    from aftercall.cli.connection import connect
    from aftercall.errors import InvalidInput

    if (conversation_id is None) is not failed:
        raise InvalidInput("name one conversation, or say --failed")
    with connect(postcall=True) as api:
        slug = api.project(project)
        if conversation_id is not None:
            _one(api, slug, conversation_id, fresh, wait, json)
        else:
            _failed(api, slug, fresh, wait, json)


def _one(api: Api, slug: str, conversation_id: str, fresh: bool, wait: float, json: bool) -> None:
    from aftercall.cli.api import segment
    from aftercall.cli.output import document, say

    path = f"/v1/conversations/{segment(slug)}/{segment(conversation_id)}"
    asked = api.post(f"{path}/replay", {"fresh": fresh})
    found = _attempt(api, path, asked["attempt"], wait)
    if json:
        document({**asked, "result": found})
    elif found is None:
        say(f"{conversation_id} is analysed again: `aftercall conversations get` shows the result")
    else:
        _print(conversation_id, found)
    _end(good=(found or {}).get("status") == "ok" or (not wait and found is None))


def _attempt(api: Api, path: str, name: str, wait: float) -> Attempt | None:
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline:
        for attempt in api.get(f"{path}/attempts")["attempts"]:
            if attempt["attempt"] == name:
                found: Attempt = attempt
                return found
        time.sleep(LOOK_EVERY_S)
    return None


def _print(conversation_id: str, attempt: Attempt) -> None:
    from aftercall.cli.output import console, say, text

    if attempt["status"] == "ok":
        return say(f"{conversation_id}: ok, wrote {', '.join(attempt['metrics']) or 'no metrics'}")
    out = console()
    out.print(text(f"{conversation_id}: failed: {attempt['error']}", "red"), soft_wrap=True)
    for line in (attempt.get("traceback") or "").splitlines():
        out.print(text(line, "dim"), soft_wrap=True)
    return None


def _failed(api: Api, slug: str, fresh: bool, wait: float, json: bool) -> None:
    from aftercall.cli.output import document, say

    asked = api.post("/v1/postcall/replay-failed", {"fresh": fresh}, project=slug)
    left = _left(api, slug, wait) if asked["replayed"] else 0
    if json:
        document({**asked, "failed": left})
    elif left is None:
        say(f"{asked['replayed']} are analysed again: `aftercall postcall` shows what is left")
    else:
        say(f"{asked['replayed']} analysed again, {left} failed")
    _end(good=left == 0 or (not wait and left is None))


def _left(api: Api, slug: str, wait: float) -> int | None:
    """How many failed, once none waits any more; None where that takes longer."""
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
        counts = api.get("/v1/postcall", project=slug, limit=1)["counts"]
        if not counts["due"]:
            return int(counts["failed"])
    return None


def _end(*, good: bool) -> None:
    from aftercall.cli.exits import PARTLY

    if not good:
        raise typer.Exit(PARTLY)
