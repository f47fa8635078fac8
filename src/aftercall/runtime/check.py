"""What is wrong with a project, found by loading it in a child of its own. The server imports none of it."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aftercall.runtime import layout
from aftercall.runtime.interpreter import resolve
from aftercall.runtime.limits import Limits
from aftercall.runtime.loaded import Loaded
from aftercall.runtime.worker import Worker


def check(
    folder: Path, python: str | Path | None = None, limits: Limits | None = None, *, private: bool = False
) -> Loaded:
    """The functions it has, and every problem: files that do not import, with the line; signatures that look
    wrong; names used twice; YAML that cannot be read. Changes nothing in the folder; ``private``: nor do its
    own files while they are imported, it is loaded in a copy.

    Raises InvalidInput for a folder that is no project and for a Python that does not run.
    """
    told = layout.read(folder.absolute())
    executable = resolve(python).executable
    with (
        tempfile.TemporaryDirectory(prefix="aftercall-check-") as homes,
        ThreadPoolExecutor(1) as executor,
    ):
        worker = Worker(told, executable, limits or Limits(), executor, Path(homes), private=private)
        try:
            attempt = worker.load(check=True)
        finally:
            worker.end()
    if attempt.done is None:
        outcome = attempt.outcome([])
        printed = outcome.stderr.strip().splitlines()
        last = f"; it printed: {printed[-1][:300]}" if printed else ""
        return Loaded.failed(f"it could not be loaded: {outcome.error}{last}", told)
    return Loaded.of(attempt.done, told)
