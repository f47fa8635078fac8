"""``aftercall import FILE...``: real conversations from JSON Lines. docs/import.md has the format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aftercall.cli.options import Json, Project

if TYPE_CHECKING:
    from aftercall.cli.api import Api
    from aftercall.ingest.importer import Plan, Summary


def import_(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="JSON Lines, plain or gzip; - is standard input.")
    ],
    project: Project = None,
    started_at: Annotated[
        str | None,
        typer.Option(help="Start of conversations that have none, ISO 8601. Default: the file's date."),
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help="Keep the labels as metrics LABEL_..., said by a human.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Send everything again, also what was acknowledged before.")
    ] = False,
    json: Json = False,
) -> None:
    """Bring in conversations from files. Run it twice, interrupt it: nothing is lost or doubled.

    Exit code 3 when lines were set aside; the summary says where they are.
    """
    from aftercall.cli.connection import connect
    from aftercall.cli.exits import PARTLY
    from aftercall.ingest.importer import Plan
    from aftercall.ingest.importer.source import Source

    sources = [Source.of(file) for file in files]
    fallback = _moment(started_at)
    summaries: list[Summary] = []
    with connect() as api:
        slug = _ensure_project(api, project)
        for source in sources:
            plan = Plan(source, slug, api.server, api.home, fallback, labels=labels, restart=restart)
            summaries.append(_import(api, plan))
            if not json:
                _tell(summaries[-1])
    if json:
        _document(slug, summaries)
    if any(summary.set_aside or summary.refused for summary in summaries):
        raise typer.Exit(PARTLY)


def _moment(text: str | None) -> int | None:
    from aftercall.errors import InvalidInput
    from aftercall.model.times import EARLIEST_MS, now_ms, parse_ms

    if text is None:
        return None
    try:
        moment = parse_ms(text)
    except ValueError as error:
        raise InvalidInput(f"--started-at: {error}") from error
    if not EARLIEST_MS <= moment <= now_ms():
        raise InvalidInput(f"--started-at {text!r} is before the year 2000 or in the future")
    return moment


def _ensure_project(api: Api, wanted: str | None) -> str:
    """The project's slug; it is made when it is missing and the key may do that."""
    from aftercall.cli.exits import Refusal
    from aftercall.cli.output import note

    slug = api.project(wanted)
    try:
        present = [project["slug"] for project in api.projects()]
    except Refusal as refusal:
        if refusal.http_status == 403:
            return slug  # a key that may only write: whether the project is there, ingest will say
        raise
    if slug not in present:
        api.post("/v1/projects", {"slug": slug})
        note(f"made the project {slug}")
    return slug


def _import(api: Api, plan: Plan) -> Summary:
    from aftercall.cli.exits import Refusal
    from aftercall.cli.output import note
    from aftercall.cli.progress import import_progress
    from aftercall.errors import AftercallError, UserError
    from aftercall.ingest.importer import Import, Sender

    source = plan.source
    with import_progress(source.name, source.size) as report:
        one = Import(plan, Sender(api.client, plan.project), report)
        try:
            return one.run()
        except KeyboardInterrupt:
            note(f"stopped. {_goes_on(one.summary)}")
            raise
        except AftercallError as error:
            message = f"{error.message.rstrip('.')}. {_goes_on(one.summary)}"
            if isinstance(error, UserError):  # the file was readable: it is the server that says no
                raise Refusal(message, code=error.code, http_status=error.data["status"]) from error
            error.message = message
            raise


def _goes_on(summary: Summary) -> str:
    if summary.file == "standard input":
        return f"{summary.conversations:,} conversations are in; importing the same again adds the rest."
    done = f"{summary.conversations:,} conversations of {summary.file} are in"
    return f"{done}; the same command goes on from there."


def _tell(summary: Summary) -> None:
    from aftercall.cli.output import note, say

    rate = summary.conversations / summary.seconds if summary.seconds else 0
    say(
        f"{summary.file}: {summary.conversations:,} conversations into {summary.project}"
        f" in {summary.seconds:.1f} s ({rate:,.0f}/s);"
        f" {summary.accepted:,} events are new, {summary.duplicates:,} were there already"
    )
    if summary.resumed_after_line:
        say(f"  went on after line {summary.resumed_after_line:,}, where an earlier import stopped")
    if summary.erased:
        say(f"  {summary.erased:,} events belong to conversations that were erased: they stay away")
    if summary.refused:
        note(f"  the server refused {summary.refused:,} events: see `aftercall rejects list`")
    if summary.set_aside:
        note(f"  {summary.set_aside:,} lines were set aside, with the reasons: {summary.set_aside_file}")


def _document(project: str, summaries: list[Summary]) -> None:
    from aftercall.cli.output import document

    totals: dict[str, Any] = {
        name: sum(getattr(summary, name) for summary in summaries)
        for name in ("conversations", "accepted", "duplicates", "refused", "erased", "set_aside")
    }
    document({"project": project, **totals, "files": [summary.as_json() for summary in summaries]})
