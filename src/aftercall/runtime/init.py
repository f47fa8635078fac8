"""``aftercall init``: a small agent project that everything works on at once."""

from __future__ import annotations

import re
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from aftercall.errors import Conflict

SUFFIX = ".template"
"""The templates' own: they are text here, and become Python only in the project."""


def init(folder: Path, slug: str | None = None) -> list[str]:
    """Writes the project and returns its files, relative to the folder. ``slug``: default the folder's name.

    Raises Conflict (FOLDER_NOT_EMPTY) rather than touch anything that is there.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not empty: name a new folder", code="FOLDER_NOT_EMPTY")
    project = slug or slug_of(folder)
    written = []
    for name, template in sorted(_templates(resources.files("aftercall.runtime") / "templates", "")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.read_text(encoding="utf-8").replace("@PROJECT@", project), encoding="utf-8")
        written.append(name)
    return written


def slug_of(folder: Path) -> str:
    """A project's slug from the folder's name: lower-case letters, digits, - and _."""
    told = re.sub(r"[^a-z0-9_-]+", "-", folder.absolute().name.lower()).strip("-_")
    return told[:63] or "agent"


def _templates(folder: Traversable, under: str) -> list[tuple[str, Traversable]]:
    found = []
    for item in folder.iterdir():
        name = f"{under}{item.name}"
        if item.is_dir():
            found += _templates(item, f"{name}/")
        elif name.endswith(SUFFIX):
            found.append((name.removesuffix(SUFFIX), item))
    return found
