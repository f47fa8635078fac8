"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
Project = Annotated[
    str | None,
    typer.Option("--project", "-p", help="Project. Default: AFTERCALL_PROJECT, or the only one there is."),
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the agent project.")]
Python = Annotated[
    Path | None,
    typer.Option(
        metavar="VENV",
        help="Virtual environment, or Python, with the project's packages. Default: the server's own.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=5000, help="How many at most.")]


def group(help_text: str) -> typer.Typer:
    """A group of commands; alone it prints its help."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode=None)


def sure(question: str, yes: bool) -> None:
    """Ends the command unless a person says yes."""
    if not yes and not typer.confirm(question, err=True):
        raise typer.Exit(1)
