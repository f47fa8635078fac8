"""A lock that ends with its process, however that ends: who holds it is alive."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Held from ``take`` to ``release``.

    The lock is a file of its own: SQLite's own locks on a file end when *any* descriptor of that file is
    closed in the process, so a lock on the database itself would be lost by looking at it.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path) -> FileLock | None:
        """The lock, or None while another process holds it. OSError where the file system cannot lock."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _try(descriptor)
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def release(self, *, remove: bool = False) -> None:
        """Also what a forked child does with its parent's: a close there does not unlock here."""
        if self._descriptor is not None:
            if remove and sys.platform != "win32":
                self.path.unlink(missing_ok=True)  # while it is held: nobody else can be about to use it
            os.close(self._descriptor)
            self._descriptor = None
            if remove and sys.platform == "win32":
                self.path.unlink(missing_ok=True)
