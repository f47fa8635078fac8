"""``aftercall dashboards list|export|plan|apply``: dashboards.yaml, and what the server has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aftercall.cli.options import Json, Project, Yes, group

if TYPE_CHECKING:
    from aftercall.charts.dashboards_file import Written
    from aftercall.cli.api import Api

app = group("Dashboards: dashboards.yaml beside the agent, and those of its project.")
FILE = "dashboards.yaml"
Place = Annotated[
    Path, typer.Argument(metavar="[DIR]", help="Folder with a dashboards.yaml, or the file. Default: this.")
]
Prune = Annotated[bool, typer.Option("--prune", help="Also delete the dashboards that are not in the file.")]


@dataclass(frozen=True)
class Step:
    """``id`` and ``version`` of what is there already."""

    action: Literal["add", "change", "delete"]
    name: str
    written: Written | None = None
    id: int | None = None
    version: int | None = None


@app.command("list")
def list_(project: Project = None, json: Json = False) -> None:
    """The project's dashboards, in their order."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, table

    with connect() as api:
        told = api.get("/v1/dashboards", project=api.project(project))
    if json:
        return document(told)
    rows = [
        [one["id"], one["name"], len(one["tiles"]), "yes" if one["default"] else "", one["updated_at"]]
        for one in told["dashboards"]
    ]
    columns = ["#id", "name", "#tiles", "default", "changed"]
    return table("", columns, rows, empty="no dashboard yet: the page Analytics makes the first one")


@app.command()
def export(
    project: Project = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file that is not there yet.")
    ] = None,
) -> None:
    """The project's dashboards as a dashboards.yaml, on standard output unless told otherwise."""
    import sys

    from aftercall.charts.dashboards_file import write_dashboards
    from aftercall.cli.connection import connect
    from aftercall.cli.output import note
    from aftercall.errors import InvalidInput

    with connect() as api:
        boards = api.get("/v1/dashboards", project=api.project(project))["dashboards"]
    text = write_dashboards([_written(one) for one in boards])
    if output is None:
        sys.stdout.write(text)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InvalidInput(f"{output} was not written: {error.strerror}", code="FILE_NOT_WRITTEN") from error
    note(f"wrote {output}")


@app.command()
def plan(
    place: Place = Path(),
    project: Project = None,
    prune: Prune = False,
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 if there is anything to do.")] = False,
) -> None:
    """What applying the file would do. Changes nothing."""
    from aftercall.cli.connection import connect

    wanted = _read(place)
    with connect() as api:
        steps = _steps(api, api.project(project), wanted, prune)
    _tell(steps)
    if check and steps:
        raise typer.Exit(1)


@app.command()
def apply(place: Place = Path(), project: Project = None, prune: Prune = False, yes: Yes = False) -> None:
    """Make the project's dashboards as the file says. Those with other names stay, unless --prune."""
    from aftercall.cli.connection import connect
    from aftercall.cli.options import sure

    wanted = _read(place)
    with connect() as api:
        slug = api.project(project)
        steps = _steps(api, slug, wanted, prune)
        _tell(steps)
        if any(step.action != "add" for step in steps):
            sure("Apply this?", yes)
        for step in steps:
            _do(api, slug, step)
        _order(api, slug, wanted)


def _read(place: Path) -> list[Written]:
    """Raises InvalidInput."""
    from aftercall.charts.dashboards_file import read_dashboards
    from aftercall.errors import InvalidInput
    from aftercall.runtime.yaml_text import Unreadable, read_yaml

    file = place / FILE if place.is_dir() else place
    try:
        told, _ = read_yaml(file.read_text(encoding="utf-8"))
        return read_dashboards(told)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}", code="FILE_NOT_READ") from error
    except Unreadable as error:
        raise InvalidInput(f"{file}: {error}", code="DASHBOARDS_INVALID") from error
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error.message}", code="DASHBOARDS_INVALID") from error


def _written(told: dict[str, Any]) -> Written:
    from aftercall.charts.dashboard import Body
    from aftercall.charts.dashboards_file import Written

    body = Body.read({"tiles": told["tiles"], "filters": told["filters"]})
    return Written(told["name"], body, told["default"])


def _steps(api: Api, slug: str, wanted: list[Written], prune: bool) -> list[Step]:
    there: dict[str, Any] = {}
    for one in api.get("/v1/dashboards", project=slug)["dashboards"]:
        there.setdefault(one["name"], one)  # of two with one name the first is the file's
    steps = []
    for one in wanted:
        found = there.pop(one.name, None)
        if found is None:
            steps.append(Step("add", one.name, one))
        elif not one.same(_written({**found, "default": one.default})):
            steps.append(Step("change", one.name, one, found["id"], found["version"]))
    if prune:
        steps += [Step("delete", name, None, one["id"]) for name, one in there.items()]
    return steps


def _tell(steps: list[Step]) -> None:
    from aftercall.cli.output import say

    for step in steps:
        tiles = f" ({len(step.written.body.tiles)} tiles)" if step.written else ""
        say(f"{step.action} {step.name}{tiles}")
    if not steps:
        say("nothing to do: the dashboards are as the file says")


def _do(api: Api, slug: str, step: Step) -> None:
    if step.written is None:
        api.delete(f"/v1/dashboards/{step.id}", project=slug)
        return
    body = step.written.body.plain()
    if step.action == "add":
        api.post("/v1/dashboards", {"name": step.name, **body}, project=slug)
    else:
        # The version that the plan looked at: what somebody changed since is not overwritten unseen.
        api.patch(f"/v1/dashboards/{step.id}", {"version": step.version, **body}, project=slug)


def _order(api: Api, slug: str, wanted: list[Written]) -> None:
    """As in the file, before all others; and its default one."""
    there: dict[str, Any] = {}
    for one in api.get("/v1/dashboards", project=slug)["dashboards"]:
        there.setdefault(one["name"], one)
    api.put("/v1/dashboards/order", {"ids": [there[one.name]["id"] for one in wanted]}, project=slug)
    for one in wanted:
        if one.default and not there[one.name]["default"]:
            api.patch(f"/v1/dashboards/{there[one.name]['id']}", {"default": True}, project=slug)
