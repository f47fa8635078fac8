"""Holds one statement until it is told what becomes of it."""

from __future__ import annotations

import re
import threading


class Gate:
    """Thread-safe. One pattern at a time; what matches it first is held, all else passes."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._pattern: re.Pattern[bytes] | None = None
        self._run: bool | None = None
        self.held = False

    def hold(self, pattern: bytes) -> None:
        with self._condition:
            self._pattern, self._run = re.compile(pattern), None

    def release(self, *, run: bool) -> None:
        """Let the held statement run, or not; without one, only the pattern is forgotten."""
        with self._condition:
            self._pattern, self._run = None, run
            self._condition.notify_all()

    def pass_through(self, statement: bytes) -> None:
        """Raises ConnectionError for a statement that was held and is not to run."""
        with self._condition:
            if self._pattern is None or not self._pattern.search(statement):
                return
            self._pattern, self.held = None, True
            self._condition.wait_for(lambda: self._run is not None)
            self.held = False
            if not self._run:
                raise ConnectionError("the statement was held and is not to run")
