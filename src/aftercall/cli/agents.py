"""``aftercall agents add|list|check``: the agent projects that the server runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from aftercall.cli.options import Folder, Json, Project, Python, group

if TYPE_CHECKING:
    from aftercall.cli.api import Api
    from aftercall.runtime import Loaded

app = group("Agent projects: folders of functions that the server runs.")


@app.command()
def add(folder: Folder, project: Project = None, python: Python = None, json: Json = False) -> None:
    """Hand a folder to the server of this machine: a copy, whose content is its version. Makes the project
    and registers the metrics of metrics.yaml where they are missing. Exit code 3 when files do not import."""
    from aftercall.catalog.catalog import Catalog
    from aftercall.cli.agent_project import home_of, register_metrics, slug_for
    from aftercall.cli.connection import connect
    from aftercall.runtime import add as copy

    slug = slug_for(folder, project)
    _look_at(folder, python)
    with connect() as api:
        config = home_of(api)
        made = _ensure_project(api, slug, folder)
        with Catalog.open(config.catalog_url) as catalog:
            registered = register_metrics(catalog, _project_id(catalog, api, slug), folder)
        added = copy(config.home, slug, folder, python)
    answer = {
        "project": slug,
        "project_created": made,
        "version": added.agent.version,
        "is_new": added.is_new,
        "python": added.agent.python,
        **_loaded(added.loaded),
        "metrics": {"new": registered.new, "differing": registered.differing},
    }
    _tell_added(answer, added.loaded, json)


def _look_at(folder: Path, python: Path | None) -> None:
    """What cannot be added is said before anything is made of it. Raises InvalidInput."""
    from aftercall.extraction import check_declared
    from aftercall.runtime.interpreter import resolve
    from aftercall.runtime.metrics_file import read_specs
    from aftercall.runtime.version import files_of

    resolve(python)
    files_of(folder)
    check_declared(read_specs(folder).specs)


def _tell_added(answer: dict[str, Any], loaded: Loaded, json: bool) -> None:
    from aftercall.cli.exits import PARTLY
    from aftercall.cli.output import document, note, say

    if json:
        document(answer)
    else:
        if answer["project_created"]:
            say(f"made the project {answer['project']}")
        again = "" if answer["is_new"] else " (known already; it is the current one now)"
        say(f"{answer['project']}: version {answer['version']}{again}, {_counted(loaded)}")
        new, differing = answer["metrics"]["new"], answer["metrics"]["differing"]
        if new:
            say(f"registered {len(new)} metrics of metrics.yaml: {', '.join(new)}")
        if differing:
            note(
                f"registered already with another type or other options, and left so: {', '.join(differing)}"
            )
        _print_problems(loaded)
    if loaded.errors:
        raise typer.Exit(PARTLY)


def _ensure_project(api: Api, slug: str, folder: Path) -> bool:
    """Whether it had to be made."""
    from aftercall.runtime import layout

    if slug in {project["slug"] for project in api.projects()}:
        return False
    api.post("/v1/projects", {"slug": slug, "name": layout.read(folder).name or slug})
    return True


def _project_id(catalog: Any, api: Api, slug: str) -> int:
    """Raises InvalidInput where the server's catalog is not the one that this environment names."""
    from aftercall.errors import InvalidInput

    found = catalog.projects.find(slug, account=api.account(slug))
    if found is None:
        raise InvalidInput(
            f"the server knows the project {slug}, but the catalog of this environment does not: give this"
            " command the AFTERCALL_CATALOG_URL that the server was started with",
            code="OTHER_CATALOG",
        )
    return int(found.id)


@app.command("list")
def list_(project: Project = None, json: Json = False) -> None:
    """The versions of each project's agent, the current one first."""
    from aftercall.cli.connection import connect
    from aftercall.cli.output import document, table

    with connect() as api:
        slugs = [project] if project else [one["slug"] for one in api.projects()]
        found = {slug: api.get("/v1/agent-versions", project=slug)["versions"] for slug in slugs}
    if json:
        return document({"agents": [{"project": slug, "versions": told} for slug, told in found.items()]})
    return table(
        "agents",
        ("project", "version", "added", "python", "#functions", "problems"),
        [_version_row(slug, one) for slug, told in found.items() for one in told],
        empty="no agent yet: `aftercall agents add DIR` hands one to the server",
    )


def _version_row(slug: str, one: dict[str, Any]) -> tuple[object, ...]:
    problems = one.get("problems") or []
    return (
        slug,
        one["version"] + (" (current)" if one.get("current") else ""),
        str(one["added_at"])[:19].replace("T", " "),
        one.get("python_version"),
        len(one.get("functions") or []),
        "; ".join(f"{problem['file']}: {problem['message']}" for problem in problems) or "none",
    )


@app.command()
def check(folder: Folder, python: Python = None, json: Json = False) -> None:
    """Load a folder in a process of its own and say what is wrong with it. Needs no server, changes nothing.
    Exit code 3 when there are errors; warnings are none."""
    from aftercall.cli.exits import PARTLY
    from aftercall.cli.output import document, say
    from aftercall.runtime import check as load

    loaded = load(folder, python)
    if json:
        document(_loaded(loaded))
    else:
        say(f"{folder}: {_counted(loaded)}")
        _print_problems(loaded)
    if loaded.errors:
        raise typer.Exit(PARTLY)


def _loaded(loaded: Loaded) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "python_version": loaded.python,
        "functions": [asdict(function) for function in loaded.functions],
        "problems": [asdict(problem) for problem in loaded.problems],
    }


def _counted(loaded: Loaded) -> str:
    warnings = len(loaded.problems) - len(loaded.errors)
    counts = (len(loaded.functions), "function"), (len(loaded.errors), "error"), (warnings, "warning")
    return ", ".join(f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counts)


def _print_problems(loaded: Loaded) -> None:
    from aftercall.cli.output import console, text

    out = console()
    for problem in loaded.problems:
        style = "red" if problem.severity == "error" else "yellow"
        out.print(text(f"{problem.severity}  ", style) + text(problem) + text(f"  {problem.code}", "dim"))
