"""A version of a project is the hash of its content: the same files make the same version, wherever they
lie."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from aftercall.errors import InvalidInput

MAX_FILES = 10_000
MAX_BYTES = 128 * 1024 * 1024
DIGITS = 16

LEFT_OUT = frozenset({"_gen", "node_modules"})
"""Folders beside functions/ that are no part of a project; hidden ones, caches and virtual environments are
none anywhere. ``_gen`` holds stubs for editors; what runs is ours."""


def files_of(root: Path) -> list[str]:
    """Paths relative to ``root``, with /, sorted. Hidden files are left out: they hold secrets and editors'
    settings, not code.

    Raises InvalidInput: AGENT_LINK for a link, AGENT_TOO_LARGE.
    """
    found = sorted(_walk(root))
    size = sum((root / name).stat().st_size for name in found)
    if len(found) > MAX_FILES or size > MAX_BYTES:
        raise InvalidInput(
            f"{root} has {len(found)} files of {size} bytes, an agent project at most {MAX_FILES} files of"
            f" {MAX_BYTES} bytes. Is it the right folder?",
            code="AGENT_TOO_LARGE",
        )
    return found


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if _is_kept_folder(here / name, top=here == root))
        for name in [*names, *folders]:
            if name.startswith(".") or name.endswith((".pyc", ".pyo")):
                continue
            if (here / name).is_symlink():
                raise InvalidInput(
                    f"{here / name} is a link: a version holds files only; copy what it points to",
                    code="AGENT_LINK",
                )
            if name in names and (here / name).is_file():
                yield (here / name).relative_to(root).as_posix()


def _is_kept_folder(path: Path, *, top: bool) -> bool:
    if path.name.startswith(".") or path.name == "__pycache__" or path.name.endswith(".egg-info"):
        return False
    return not (top and path.name in LEFT_OUT) and not (path / "pyvenv.cfg").exists()


def content_hash(root: Path, files: list[str] | None = None) -> str:
    """16 hexadecimal digits. Names and contents count, times, permissions and the place do not."""
    whole = hashlib.sha256()
    for name in files_of(root) if files is None else files:
        content = hashlib.sha256((root / name).read_bytes()).digest()
        encoded = name.encode("utf-8", "surrogateescape")
        whole.update(len(encoded).to_bytes(4, "big") + encoded + content)
    return whole.hexdigest()[:DIGITS]


def copy(root: Path, files: list[str], target: Path) -> None:
    """``target`` exists whole or not at all."""
    temporary = target.parent / f".{target.name}-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        for name in files:
            place = temporary / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, place)
        temporary.mkdir(parents=True, exist_ok=True)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
