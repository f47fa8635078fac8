"""What turns a statement about the conversation into an event for the parent, the moment it is made.

The parent adds the ids and says on whose behalf it is (``source``); ``at`` is now. Nothing is kept back here:
a process that is killed has told everything it said.
"""

from __future__ import annotations

import time
from typing import Any

from aftercall.runtime.child.wire import Wire

MAX_NOTES = 100
"""Complaints on one call: a mistake in a loop must not fill the conversation."""


class Recorder:
    """Thread-safe: a line goes out whole."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._notes = 0

    def record(self, kind: str, **fields: Any) -> None:
        """Fields that are None are left out; values are plain JSON already."""
        told = {name: value for name, value in fields.items() if value is not None}
        self.record_raw({"kind": kind, **told})

    def record_raw(self, event: dict[str, Any]) -> None:
        self._wire.send({"event": {"at": time.time_ns() // 1_000_000, **event}})

    def custom(self, name: str, data: dict[str, Any]) -> None:
        self.record("custom", name=name, data=data)

    def log(
        self, level: str, content: str, is_pii: bool, fields: dict[str, Any] | None, logger: str | None = None
    ) -> None:
        told = fields if logger is None else {"logger": logger, **(fields or {})}
        self.record("log", content=content, level=level, is_pii=is_pii or None, fields=told)

    def note(self, line: str) -> None:
        """A warning of ours on the conversation itself, where whoever reads it will see it."""
        self._notes += 1
        if self._notes <= MAX_NOTES:
            self.log("warning", line, False, None, logger="aftercall")
