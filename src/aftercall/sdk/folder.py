"""The folder where the processes of a machine keep their spools, one file each."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from aftercall.sdk.filelock import FileLock
from aftercall.sdk.fork import process
from aftercall.sdk.held import Held, is_broken, set_aside
from aftercall.sdk.notices import Notices
from aftercall.sdk.settings import Settings
from aftercall.sdk.spool import Spool

SUFFIX = ".sqlite3"
MEASURE_EVERY_S = 1.0


class SpoolFolder:
    """A file belongs to whoever holds its lock. One whose lock is free was left behind."""

    def __init__(self, settings: Settings, notices: Notices, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._notices = notices
        self._clock = clock
        self._measured_at = -1e9
        self._measured = 0

    def create(self) -> Held:
        """A new spool of this process. OSError or sqlite3.Error if the disk will not have it."""
        folder = self._settings.folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{os.getpid()}-{process.nonce}-{time.time_ns():x}"
        lock = FileLock.take(folder / f"{name}.lock")
        if lock is None:
            raise OSError(f"{folder / name}.lock is held by another process")
        spool = None
        try:
            spool = Spool(folder / f"{name}{SUFFIX}", fsync=self._settings.fsync)
            spool.set_meta(self._settings.identity())
        except BaseException:
            if spool is not None:
                spool.close()
            lock.release(remove=True)
            raise
        return Held(spool, lock)

    def left_behind(self, except_for: set[Path | None]) -> list[Held]:
        """The spools of ended processes, now in our hands."""
        found = [self._take(path) for path in self._files() if path not in except_for]
        return [held for held in found if held is not None]

    def _take(self, path: Path) -> Held | None:
        lock = None
        try:
            lock = FileLock.take(path.with_suffix(".lock"))
            if lock is None:
                return None  # its process lives
            if path.exists():
                return Held(Spool(path, fsync=self._settings.fsync), lock)
            lock.release(remove=True)  # sent and removed by another process since we looked
        except (OSError, sqlite3.Error) as error:
            self._notices.warn(f"take {path}", f"cannot read the spool {path} of an ended process: {error}")
            if lock is not None:
                if is_broken(error):
                    set_aside(path)
                lock.release(remove=is_broken(error))
        return None

    def is_ours(self, spool: Spool) -> bool:
        """Its events may go where ours go. A key may have been renewed if the project says whose they are."""
        if self._settings.adopt_all:
            return True
        theirs, ours = spool.meta(), self._settings.identity()
        same_project = bool(ours["project"]) and theirs.get("project") == ours["project"]
        return theirs.get("url") == ours["url"] and (theirs.get("key") == ours["key"] or same_project)

    def bytes_but(self, own: Path | None) -> int:
        """Size of all spools but ours, looked up once a second: the bound may be passed by what the other
        processes spool within one second."""
        now = self._clock()
        if now - self._measured_at >= MEASURE_EVERY_S:
            self._measured_at = now
            self._measured = sum(_size(path) for path in self._files() if path != own)
        return self._measured

    def _files(self) -> list[Path]:
        """The oldest first."""
        return sorted(
            self._settings.folder.glob(f"*-*{SUFFIX}"), key=lambda path: path.stem.rpartition("-")[2]
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # sent and removed since we looked
        return 0
