"""``aftercall init DIR``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aftercall.cli.options import Json


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    project: Annotated[
        str | None, typer.Option("--project", "-p", help="Slug of its project. Default: the folder's name.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a small agent project that everything works on at once. Touches nothing that is there."""
    from aftercall.cli.output import document, say
    from aftercall.runtime.init import init as write

    files = write(folder, project)
    if json:
        return document({"folder": str(folder), "files": files})
    for name in files:
        say(f"{folder}/{name}")
    return say(f"next: aftercall test {folder}")
