"""``aftercall metrics plan|apply|export|lint|list|show``: what a project measures, as a file and as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aftercall.cli import metrics_versions
from aftercall.cli.options import Json, Project, Yes, group

if TYPE_CHECKING:
    from aftercall.cli.api import Api

app = group("Metrics: metrics.yaml beside the agent, and the registry of its project.")
app.command("versions")(metrics_versions.versions)
app.command("compare")(metrics_versions.compare)
Folder = Annotated[
    Path, typer.Argument(metavar="[DIR]", help="Folder with a metrics.yaml. Default: this one.")
]
Last = Annotated[str, typer.Option(help="How far to look back at what calls wrote: 24h, 30d, 6mo or all.")]


@app.command()
def plan(
    folder: Folder = Path(),
    project: Project = None,
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 if there is anything to do.")] = False,
    json: Json = False,
) -> None:
    """What applying metrics.yaml would do to the registry. Changes nothing."""
    from aftercall.cli.connection import connect
    from aftercall.cli.metrics_text import told_plan
    from aftercall.cli.output import document, say

    text = _text(folder)
    with connect() as api:
        slug = _slug(api, folder, project)
        told = api.post("/v1/registry/plan", {"yaml": text, "preview": True}, project=slug)
    if json:
        document(told)
    else:
        for line in told_plan(told):
            say(line)
    if check and (told["changes"] or told["drift"]):
        raise typer.Exit(1)


@app.command()
def apply(folder: Folder = Path(), project: Project = None, yes: Yes = False, json: Json = False) -> None:
    """Make the registry as metrics.yaml says. Asks before values that are there are read anew, before a
    metric is deactivated, and before a change that somebody else made is taken back."""
    from aftercall.cli.connection import connect
    from aftercall.cli.metrics_text import questions, told_plan
    from aftercall.cli.options import sure
    from aftercall.cli.output import document, note, say

    text = _text(folder)
    with connect() as api:
        slug = _slug(api, folder, project)
        planned = api.post("/v1/registry/plan", {"yaml": text, "preview": True}, project=slug)
        tell = note if json else say
        for line in told_plan(planned):
            tell(line)
        if questions(planned):
            sure("Apply this?", yes)
        done = api.post("/v1/registry/apply", {"yaml": text, "revision": planned["revision"]}, project=slug)
    if json:
        return document(done)
    if done["changes"]:
        say(f"applied; the registry of {slug} is at revision {done['revision']}")
    return None


@app.command()
def export(
    project: Project = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file that is not there yet.")
    ] = None,
    json: Json = False,
) -> None:
    """The registry as a metrics.yaml, on standard output unless told otherwise."""
    import sys

    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, note
    from aftercall.errors import InvalidInput

    with connect() as api:
        told = api.get("/v1/registry/export", project=api.project(project))
    if json:
        return document(told)
    if output is None:
        sys.stdout.write(told["yaml"])
        return None
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(told["yaml"])
    except OSError as error:
        raise InvalidInput(f"{output} was not written: {error.strerror}", code="FILE_NOT_WRITTEN") from error
    return note(f"wrote {output}")


@app.command("lint")
def lint_(
    folder: Folder = Path(),
    calls: Annotated[
        bool, typer.Option("--calls", help="Look at what calls wrote, too: asks the server.")
    ] = False,
    project: Project = None,
    last: Last = "30d",
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Leave findings of this code out. Repeatable.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 if there are errors.")] = False,
    json: Json = False,
) -> None:
    """What is wrong with metrics.yaml, by itself and beside the code that writes. Needs no server."""
    from aftercall.cli.metrics_lint import findings_of
    from aftercall.cli.metrics_text import told_findings
    from aftercall.cli.output import document, note, say

    used = _used(folder, project, last) if calls else None
    findings, unreadable = findings_of(folder, used, last, ignore or [])
    for problem in unreadable:
        note(f"not looked at: {problem}")
    if json:
        document({"findings": [one.plain() for one in findings], "unreadable": unreadable})
    else:
        for line in told_findings(findings):
            say(line)
    if strict and any(one.severity == "error" for one in findings):
        raise typer.Exit(1)


@app.command("list")
def list_(
    project: Project = None,
    last: Last = "30d",
    everything: Annotated[
        bool, typer.Option("--all", help="Those that are built in or deactivated, too.")
    ] = False,
    json: Json = False,
) -> None:
    """What the project measures, and how much of it was written."""
    from aftercall.cli.connection import connect
    from aftercall.cli.metrics_text import row
    from aftercall.cli.output import document, note, table

    with connect() as api:
        told = api.get("/v1/metrics", project=api.project(project), last=last)
    if json:
        return document(told)
    if told["reprojection"]:
        note(f"values are being read anew: {told['reprojection']['done']} of {told['reprojection']['total']}")
    shown = [one for one in told["metrics"] if everything or (one["active"] and one["kind"] != "builtin")]
    return table(
        f"metrics of {told['project_id']} (written: {last})",
        ("name", "type", "#calls", "last written", "means"),
        [row(one) for one in shown],
        empty="none yet: `aftercall metrics apply` registers those of a metrics.yaml",
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The metric, exactly as it is written.")],
    project: Project = None,
    last: Last = "30d",
    json: Json = False,
) -> None:
    """Everything about one metric."""
    from aftercall.cli.api import segment
    from aftercall.cli.connection import connect
    from aftercall.cli.metrics_text import told_metric
    from aftercall.cli.output import document, say

    with connect() as api:
        told = api.get(f"/v1/metrics/{segment(name)}", project=api.project(project), last=last)
    if json:
        return document(told)
    for line in told_metric(told):
        say(line)
    return None


def _slug(api: Api, folder: Path, project: str | None) -> str:
    """As told, else as the agent project in the folder says, else the only one there is."""
    import os

    from aftercall.cli.agent_project import slug_for

    told = project or os.environ.get("AFTERCALL_PROJECT")
    if told is None and (folder / "project.yaml").is_file():
        return slug_for(folder, None)
    return api.project(told)


def _text(folder: Path) -> str:
    """Of its metrics.yaml. Raises InvalidInput (METRICS_INVALID)."""
    from aftercall.errors import InvalidInput
    from aftercall.runtime.metrics_file import FILE

    path = folder / FILE
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", code="METRICS_INVALID") from error


def _used(folder: Path, project: str | None, last: str) -> list[dict[str, Any]]:
    from aftercall.cli.connection import connect

    with connect() as api:
        told = api.get("/v1/metrics", project=_slug(api, folder, project), last=last)
    return [one for one in told["metrics"] if one["usage"]]
