"""``aftercall backfill FIELD``: a field that is declared now, filled for calls that are over. A pilot first,
then a person decides, then a job that outlives this command."""

from __future__ import annotations

import json as json_
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aftercall.cli.options import Json, Project, Yes

if TYPE_CHECKING:
    from aftercall.cli.api import Api

LOOK_EVERY_S = 0.3
UNDER_WAY = ("piloting", "running")
Backfill = dict[str, Any]


def backfill(
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD]...", help="Metrics that have an extract:.")
    ] = None,
    last: Annotated[
        str | None, typer.Option(help="Of which time: 24h, 90d, 6mo or all. Default 90d.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="ISO date or time.")] = None,
    to: Annotated[str | None, typer.Option(help="ISO date (its day included) or time (excluded).")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", "-w", help="FIELD=VALUE as in `query`, or a condition as JSON. Repeatable."),
    ] = None,
    pilot: Annotated[int, typer.Option(help="Calls to try first.", min=1, max=200)] = 20,
    no_pilot: Annotated[bool, typer.Option("--no-pilot", help="Begin at once.")] = False,
    at_once: Annotated[int, typer.Option(help="Calls at a model at the same time.", min=1, max=32)] = 4,
    per_minute: Annotated[float | None, typer.Option(help="Calls begun in a minute at most.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also calls that have a value of this version; ask models anew.")
    ] = False,
    yes: Yes = False,
    follow: Annotated[str | None, typer.Option(metavar="ID", help="Show one until its end.")] = None,
    cancel: Annotated[str | None, typer.Option(metavar="ID", help="End one; what it wrote stays.")] = None,
    resume: Annotated[str | None, typer.Option(metavar="ID", help="End the pause of one.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Those there are.")] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Fill declared fields of calls that are over. First some calls are tried, of which nothing is written:
    their values, failures, cost and time are shown. After Ctrl-C it goes on by itself. Exit code 3 when it
    pauses, or some calls failed."""
    from aftercall.cli.connection import connect
    from aftercall.errors import InvalidInput

    named = [bool(fields), follow is not None, cancel is not None, resume is not None, list_]
    if sum(named) != 1:
        raise InvalidInput("name the fields, or say one of --follow, --cancel, --resume and --list")
    with connect(postcall=True) as api:
        there = _There(api, api.project(project), json)
        if list_:
            return there.list()
        if cancel is not None:
            return there.cancel(cancel)
        if follow is not None or resume is not None:
            return there.go_on(follow or resume or "", resume=resume is not None)
        told: dict[str, Any] = {"metrics": fields, "over": _over(last, since, to), "where": _where(where)}
        told |= {"pilot": 0 if no_pilot else pilot, "at_once": at_once, "per_minute": per_minute}
        return there.make({**told, "again": again}, yes)


class _There:
    """The backfills of a project on its server."""

    def __init__(self, api: Api, slug: str, json: bool) -> None:
        from aftercall.cli.api import segment

        self._api = api
        self._slug = slug
        self._path = f"/v1/backfills/{segment(slug)}"
        self._json = json

    def make(self, told: dict[str, Any], yes: bool) -> None:
        from aftercall.cli.backfill_text import print_pilot

        made = self._api.post(self._path, told)
        if told["pilot"]:
            made = self._piloted(made)
            if not self._json:
                print_pilot(made)
            if not self._may_start(made, yes):
                return
            made = self._api.post(self._at(made["backfill_id"], "start"))
        self._follow(made)

    def list(self) -> None:
        from aftercall.cli.output import document, table

        told = self._api.get(self._path)
        if self._json:
            return document(told)
        rows = [
            (
                one["backfill_id"],
                one["state"],
                f"{one['done']:,}",
                f"{one['total']:,}",
                one["created_at"][:16].replace("T", " "),
                ", ".join(one["metrics"]),
            )
            for one in told["backfills"]
        ]
        return table(
            f"backfills of {self._slug}",
            ("id", "state", "#done", "#of", "made (UTC)", "fields"),
            rows,
            empty="none yet: `aftercall backfill FIELD` makes one",
        )

    def cancel(self, backfill_id: str) -> None:
        from aftercall.cli.output import document, say

        told = self._api.post(self._at(backfill_id, "cancel"))
        if self._json:
            return document(told)
        return say(f"cancelled; {told['done']:,} of {told['total']:,} calls were done, and stay so")

    def go_on(self, backfill_id: str, *, resume: bool) -> None:
        ask = self._api.post if resume else self._api.get
        self._follow(ask(self._at(backfill_id, "resume" if resume else "")))

    def _at(self, backfill_id: str, what: str = "") -> str:
        from aftercall.cli.api import segment

        return f"{self._path}/{segment(backfill_id)}" + (f"/{what}" if what else "")

    def _piloted(self, made: Backfill) -> Backfill:
        try:
            while made["state"] == "piloting":
                wait(LOOK_EVERY_S)
                made = self._api.get(self._at(made["backfill_id"]))
        except KeyboardInterrupt:
            self._api.post(self._at(made["backfill_id"], "cancel"))
            raise _interrupted("nothing was written") from None
        if made["state"] != "waiting":
            self._end(made)
        return made

    def _may_start(self, made: Backfill, yes: bool) -> bool:
        """Who says no, or nothing, has written nothing."""
        if yes:
            return True
        if not self._json and made["total"]:
            try:
                if typer.confirm(f"Fill {made['total']:,} calls?", err=True):
                    return True
            except (typer.Abort, KeyboardInterrupt):
                pass
        told = self._api.post(self._at(made["backfill_id"], "cancel"))
        if self._json:
            from aftercall.cli.output import document

            document(told)
            return False
        raise typer.Exit(1 if made["total"] else 0)

    def _follow(self, made: Backfill) -> None:
        from aftercall.cli.backfill_text import progress

        try:
            with progress(made) as show:
                while made["state"] in UNDER_WAY:
                    wait(LOOK_EVERY_S)
                    made = self._api.get(self._at(made["backfill_id"]))
                    show(made)
        except KeyboardInterrupt:
            id_, of = made["backfill_id"], f"--project {self._slug}"
            raise _interrupted(
                f"it goes on while a server runs: `aftercall backfill --follow {id_} {of}` shows it,"
                f" `aftercall backfill --cancel {id_} {of}` ends it"
            ) from None
        self._end(made)

    def _end(self, made: Backfill) -> None:
        from aftercall.cli.backfill_text import print_report
        from aftercall.cli.exits import PARTLY
        from aftercall.cli.output import document

        if self._json:
            document(made)
        else:
            print_report(made)
        failed = any(of.get("failed") for of in made["result"]["statuses"].values())
        if made["state"] != "done" or failed:
            raise typer.Exit(PARTLY)


def wait(seconds: float) -> None:
    time.sleep(seconds)


def _interrupted(message: str) -> typer.Exit:
    from aftercall.cli.exits import INTERRUPTED
    from aftercall.cli.output import note

    note(message)
    return typer.Exit(INTERRUPTED)


def _over(last: str | None, since: str | None, to: str | None) -> dict[str, Any]:
    from aftercall.errors import InvalidInput

    if last is not None and (since is not None or to is not None):
        raise InvalidInput("say the time once: --last, or --from and --to")
    if since is not None or to is not None:
        return {name: text for name, text in (("from", since), ("to", to)) if text is not None}
    return {"all": True} if last == "all" else {"last": last or "90d"}


def _where(given: Sequence[str] | None) -> list[dict[str, Any]]:
    """Each is one condition, or a JSON list of several. Raises InvalidInput."""
    from aftercall.cli.query import condition_of
    from aftercall.errors import InvalidInput

    found: list[dict[str, Any]] = []
    for text in given or []:
        if text.lstrip()[:1] not in ("{", "["):
            found.append(condition_of(text))
            continue
        try:
            told = json_.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"--where {text:.200}: {error}") from None
        found += told if isinstance(told, list) else [told]
    return found
