"""``aftercall test DIR``: the scenarios of an agent project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aftercall.cli.options import Folder, Json, Python

if TYPE_CHECKING:
    from aftercall.runtime.scenarios import ScenarioResult


def test(
    folder: Folder,
    only: Annotated[
        str | None, typer.Option(help="Those with this in the name of the file or the scenario.")
    ] = None,
    python: Python = None,
    json: Json = False,
) -> None:
    """Run scenarios/*.yaml: the real functions, no server, no model. Exit code 3 when one does not come out
    as written."""
    from aftercall.cli.exits import PARTLY
    from aftercall.cli.output import document, say
    from aftercall.runtime.scenarios import run_scenarios

    results = run_scenarios(folder, only=only, python=python, report=None if json else _print)
    failed = sum(not one.ok for one in results)
    if json:
        document(
            {"passed": len(results) - failed, "failed": failed, "scenarios": [_plain(one) for one in results]}
        )
    else:
        seconds = sum(one.seconds for one in results)
        say(f"{len(results) - failed} passed, {failed} failed in {seconds:.2f} s")
    if failed:
        raise typer.Exit(PARTLY)


def _print(result: ScenarioResult) -> None:
    from aftercall.cli.output import console, text

    out = console()
    verdict = text("ok    ", "green") if result.ok else text("FAIL  ", "bold red")
    out.print(verdict + text(result.name) + text(f"  {result.file}", "dim"))
    for problem in result.problems:
        for line in problem.splitlines():
            out.print(text(f"      {line}"), soft_wrap=True)


def _plain(result: ScenarioResult) -> dict[str, Any]:
    return {
        "file": result.file,
        "name": result.name,
        "ok": result.ok,
        "problems": result.problems,
        "metrics": result.metrics,
        "seconds": round(result.seconds, 3),
    }
