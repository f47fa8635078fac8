"""Who may begin when: so many a minute, so many at a model at once, and one at a time while calls that
have just ended are being analysed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

WAIT_S = 0.5


class Pace:
    """So many a minute (None: as fast as it goes), over all pages of one backfill. Thread-safe."""

    def __init__(self, per_minute: float | None) -> None:
        self._pause_s = 0.0 if per_minute is None else 60.0 / per_minute
        self._guard = threading.Lock()
        self._next = 0.0

    @property
    def due(self) -> float:
        """When (``time.monotonic``) the next may begin."""
        return self._next

    def most_in(self, seconds: float) -> int | None:
        """How many may begin in that time; None: any number."""
        return int(seconds / self._pause_s) if self._pause_s else None

    def turn(self) -> float:
        """``due``, taken: the one after it is later."""
        with self._guard:
            at = max(self._next, time.monotonic())
            self._next = at + self._pause_s
            return at


class Throttle:
    """Of one page of a backfill. ``places``: at a model; None: none is asked. ``busy``: whether live calls
    wait."""

    def __init__(
        self,
        places: int | None,
        pace: Pace,
        busy: Callable[[], bool],
        is_over: Callable[[], bool],
    ) -> None:
        self._places = None if places is None else threading.BoundedSemaphore(places)
        self._pace = pace
        self._busy = busy
        self._is_over = is_over
        self._alone = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """False: it is over, do nothing."""
        with ExitStack() as held:
            if self._places is not None:
                held.enter_context(self._places)
            if self._busy():
                held.enter_context(self._alone)
            yield self._wait()

    def _wait(self) -> bool:
        if self._is_over():
            return False  # without taking a turn
        at = self._pace.turn()
        while not self._is_over():
            left = at - time.monotonic()
            if left <= 0:
                return True
            time.sleep(min(left, WAIT_S))
        return False
