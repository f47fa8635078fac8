"""Where an import reads from: a file, which can be read again after a crash, or standard input."""

from __future__ import annotations

import hashlib
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from aftercall.errors import InvalidInput
from aftercall.model.times import EARLIEST_MS, now_ms


class Source:
    """``path`` None is standard input, which has no size and cannot be resumed."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    @classmethod
    def of(cls, argument: str) -> Source:
        """``-`` is standard input. Raises InvalidInput for what cannot be read."""
        if argument == "-":
            return cls(None)
        path = Path(argument)
        try:
            if path.is_dir():
                raise InvalidInput(f"{argument} is a folder: name the files in it", code="FILE_UNREADABLE")
            with path.open("rb"):
                return cls(path)
        except OSError as error:
            raise InvalidInput(
                f"{argument} cannot be read: {error.strerror or error}", code="FILE_UNREADABLE"
            ) from error

    @property
    def name(self) -> str:
        return "standard input" if self.path is None else str(self.path)

    @property
    def size(self) -> int | None:
        """Bytes as they lie on disk, packed ones of a gzip file."""
        return None if self.path is None else self.path.stat().st_size

    def open(self) -> AbstractContextManager[BinaryIO]:
        return nullcontext(sys.stdin.buffer) if self.path is None else self.path.open("rb", buffering=0)

    def digest(self) -> str | None:
        """SHA-256 of the content: two copies of a file are the same import, a changed file is another."""
        if self.path is None:
            return None
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def fallback_ms(self) -> int:
        """The start of conversations that have none: when the file was last changed, else now.

        No call of the file is younger than the file. A copy that lost its date (1970) counts as now.
        """
        now = now_ms()
        changed = now if self.path is None else self.path.stat().st_mtime_ns // 1_000_000
        return changed if EARLIEST_MS <= changed <= now else now
