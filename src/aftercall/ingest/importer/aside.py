"""Lines that could not be taken, in a file of their own: number, code, reason and the line as it stands."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import msgspec

from aftercall.ingest.importer.lines import Line

SUFFIX = ".rejects.jsonl"


def aside_path(source: Path | None, home: Path) -> Path:
    """Beside the file; in the home's ``imports`` when that folder cannot be written to, and for a pipe."""
    if source is None:
        return home / "imports" / f"stdin{SUFFIX}"
    if os.access(source.parent, os.W_OK):
        return source.with_name(source.name + SUFFIX)
    return home / "imports" / (source.name + SUFFIX)


class Aside:
    """The file exists only while it has something to say: always about the last import of its source."""

    def __init__(self, path: Path, *, resumed_after: int = 0) -> None:
        """Lines after ``resumed_after`` are read again by this import, so what was said of them goes."""
        self.path = path
        self.count = 0
        self._file: BinaryIO | None = None
        kept = [one for one in _entries(path) if one["line"] <= resumed_after] if resumed_after else []
        path.unlink(missing_ok=True)
        for entry in kept:
            self._write(entry)

    def add(self, line: Line, code: str, reason: str) -> None:
        text = line.data.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
        self._write({"line": line.number, "code": code, "reason": reason, "text": text})

    def _write(self, entry: dict[str, Any]) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("wb")
        self._file.write(msgspec.json.encode(entry) + b"\n")
        self._file.flush()
        self.count += 1

    def __enter__(self) -> Aside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def _entries(path: Path) -> list[dict[str, Any]]:
    """The entries of an earlier run; a last line that a crash cut off is left out."""
    if not path.exists():
        return []
    found = []
    for data in path.read_bytes().splitlines():
        try:
            entry = msgspec.json.decode(data)
        except msgspec.MsgspecError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("line"), int):
            found.append(entry)
    return found
