"""A spool file in our hands."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from aftercall.sdk.filelock import FileLock
from aftercall.sdk.spool import Spool

_SIDE_FILES = ("-wal", "-shm", "")


def is_broken(error: Exception) -> bool:
    """The file itself is damaged. Subclasses mean something else: locked, disk full, already closed."""
    return type(error) is sqlite3.DatabaseError


def set_aside(path: Path) -> None:
    for ending in _SIDE_FILES:
        file = path.with_name(path.name + ending)
        if file.exists():
            file.rename(file.with_name(file.name + ".broken"))


class Held(NamedTuple):
    """A spool file that no other process may touch while we hold its lock."""

    spool: Spool
    lock: FileLock

    def finish(self) -> None:
        """Close it; an empty one goes away, what is left waits for the next process."""
        empty = not self.spool.events
        self.spool.close()
        if empty and self.spool.path is not None:
            for ending in _SIDE_FILES:
                self.spool.path.with_name(self.spool.path.name + ending).unlink(missing_ok=True)
        self.lock.release(remove=empty)
