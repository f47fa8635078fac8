"""How far an import came, on disk: what was acknowledged is not sent again after a crash.

One small file per unfinished import in ``AFTERCALL_HOME/imports``, named by what makes it that import:
the file's content, the project, the server. It goes when the import is complete, so that importing once
more sends everything again (and changes nothing) instead of trusting a file about what a server holds.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec


class State(msgspec.Struct):
    """``lines_done``: every line up to it was acknowledged or set aside."""

    source: str
    project: str
    lines_done: int
    fallback_ms: int
    """Where conversations without a start were put, so that a resumed import puts the rest there too."""


class Progress:
    def __init__(self, home: Path, digest: str | None, project: str, server: str, labels: bool) -> None:
        """``digest`` None (standard input) keeps nothing."""
        self._path: Path | None = None
        if digest is not None:
            key = hashlib.sha256(msgspec.json.encode([digest, project, server, labels])).hexdigest()[:24]
            self._path = home / "imports" / f"{key}.json"

    def load(self) -> State | None:
        """None when nothing was begun. A damaged file counts as nothing: sending again is harmless."""
        if self._path is None or not self._path.exists():
            return None
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=State)
        except msgspec.MsgspecError:
            return None

    def save(self, state: State) -> None:
        """Whole or not at all: a reader never sees half of it."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        draft.write_bytes(msgspec.json.encode(state))
        draft.replace(self._path)

    def clear(self) -> None:
        if self._path is not None:
            self._path.unlink(missing_ok=True)
