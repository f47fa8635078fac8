"""The agent projects a server knows: copies of their versions under the home, and an index of them.

<home>/agents/<project>/index.json
<home>/agents/<project>/<version>/...      a copy, never changed again
<home>/agents/<project>/<version>.json     what loading it told, when it was added
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from aftercall.errors import InvalidInput, NotFound
from aftercall.model.times import now_ms
from aftercall.runtime import layout, version
from aftercall.runtime.check import check
from aftercall.runtime.interpreter import compile_all, resolve
from aftercall.runtime.loaded import Loaded

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Agent(NamedTuple):
    """One version of a project, ready to run."""

    project: str
    """Slug."""
    version: str
    folder: Path
    python: str
    """The interpreter that runs it."""
    is_copy: bool = True
    """False for a folder somebody is working in (``aftercall chat DIR``): it may change at any time."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A version as the index has it."""

    version: str
    added_at: int
    """The first time, in epoch milliseconds."""
    source: str
    """The folder it was added from."""
    python: str
    python_version: str
    files: int
    project_id: str | None = None
    account_id: str | None = None
    current: bool = False
    """It runs conversations that name no version, or one that is not here."""


class Added(NamedTuple):
    agent: Agent
    is_new: bool
    """False: this content was there already."""
    loaded: Loaded
    """Files that do not import do not keep a version from being added: look at ``loaded.errors``."""


def add(home: Path, project: str, folder: Path, python: str | Path | None = None) -> Added:
    """Copy a project into the home as its newest version.

    Raises InvalidInput (AGENT_NOT_FOUND, AGENT_HOLDS_HOME, AGENT_LINK, AGENT_TOO_LARGE, PYTHON_NOT_FOUND,
    PYTHON_TOO_OLD, INVALID_SLUG).
    """
    place = _place(home, project)
    folder = folder.resolve()
    if home.resolve().is_relative_to(folder):
        raise InvalidInput(
            f"the server's home {home} lies in {folder}: each version would hold all others",
            code="AGENT_HOLDS_HOME",
        )
    told = layout.read(folder)
    interpreter = resolve(python)
    files = version.files_of(folder)
    number = version.content_hash(folder, files)
    agent = Agent(project, number, place / number, interpreter.executable)
    with _locked(place):
        entries = _read(place)
        if agent.folder.exists() and version.content_hash(agent.folder) != number:
            shutil.rmtree(agent.folder)  # somebody changed the copy
        if not agent.folder.exists():
            version.copy(folder, files, agent.folder)
        known = next((entry for entry in entries if entry.version == number), None)
        newest = Entry(
            version=number,
            added_at=known.added_at if known else now_ms(),
            source=str(folder),
            python=interpreter.executable,
            python_version=interpreter.version,
            files=len(files),
            project_id=told.project_id,
            account_id=told.account_id,
        )
        _write(place, [newest, *(entry for entry in entries if entry.version != number)])
    compile_all(agent.folder, interpreter.executable)
    loaded = check(agent.folder, interpreter.executable, private=True)
    _write_json(place / f"{number}.json", loaded)
    return Added(agent, known is None, loaded)


def projects(home: Path) -> list[str]:
    """Slugs of the projects that have a version."""
    return sorted(path.parent.name for path in (home / "agents").glob("*/index.json"))


def versions(home: Path, project: str) -> list[Entry]:
    """Newest first; the first is the current one."""
    return _read(_place(home, project))


def find(home: Path, project: str, number: str | None = None) -> Agent:
    """The version asked for, or where that is not here, the current one. Raises NotFound
    (AGENT_NOT_FOUND)."""
    place = _place(home, project)
    entries = _read(place)
    for entry in [entry for entry in entries if entry.version == number] or entries:
        return Agent(project, entry.version, place / entry.version, entry.python)
    raise NotFound(
        f"project {project} has no agent: `aftercall agents add DIR --project {project}`",
        code="AGENT_NOT_FOUND",
    )


def checked(home: Path, project: str, number: str) -> Loaded | None:
    """What ``check`` told of a version when it was added; None where that was not kept."""
    try:
        return msgspec.json.decode((_place(home, project) / f"{number}.json").read_bytes(), type=Loaded)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def in_place(folder: Path, project: str = "local", python: str | Path | None = None) -> Agent:
    """A folder as it is, without a copy. What changes in it makes another Agent."""
    folder = folder.absolute()
    layout.read(folder)
    return Agent(project, version.content_hash(folder), folder, resolve(python).executable, is_copy=False)


def _place(home: Path, project: str) -> Path:
    if not _SLUG.fullmatch(project):
        raise InvalidInput(
            f"{project[:80]!r} cannot be the slug of a project: use 1 to 63 lower-case letters, digits,"
            " - and _, beginning with a letter or a digit",
            code="INVALID_SLUG",
        )
    return home.absolute() / "agents" / project


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read(folder: Path) -> list[Entry]:
    try:
        told: Any = msgspec.json.decode((folder / "index.json").read_bytes())
    except FileNotFoundError:
        return []
    entries = [msgspec.convert(item, Entry) for item in told["versions"]]
    return [replace(entry, current=place == 0) for place, entry in enumerate(entries)]


def _write(place: Path, entries: list[Entry]) -> None:
    _write_json(place / "index.json", {"schema": 1, "versions": entries})


def _write_json(path: Path, value: Any) -> None:
    """Whole or not at all."""
    temporary = path.with_name(f".{path.stem}-{os.getpid()}")
    with temporary.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(value), indent=2))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
