"""The shape of the tables: many may write by it at once; it changes only while nobody writes.

Without this an insert may begin by the columns of before and end after an ALTER. Its part then has a column
of the name and type of before, whose place another type has taken; the engine cannot rename it, and neither
reads nor writes the table again (chDB 4.4: error 341, found by a test under load).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Shape:
    """Who waits to change it goes before those that come to write later."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._writing = 0
        self._changing = 0

    @contextmanager
    def written(self) -> Iterator[None]:
        """Around an insert. Not around a change, which would wait for itself."""
        with self._moved:
            self._moved.wait_for(lambda: not self._changing)
            self._writing += 1
        try:
            yield
        finally:
            with self._moved:
                self._writing -= 1
                self._moved.notify_all()

    @contextmanager
    def changed(self) -> Iterator[None]:
        """Around an ALTER. One at a time: the lock in the metadata database sees to that."""
        with self._moved:
            self._changing += 1
            self._moved.wait_for(lambda: not self._writing)
        try:
            yield
        finally:
            with self._moved:
                self._changing -= 1
                self._moved.notify_all()
