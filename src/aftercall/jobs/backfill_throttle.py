"""Who may begin when: so many a minute, so many at a model at once, and one at a time while calls that
have just ended are being analysed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

WAIT_S = 0.5


class Throttle:
    """Of one backfill. ``places``: at a model; None: none is asked. ``busy``: whether live calls wait."""

    def __init__(
        self,
        places: int | None,
        per_minute: float | None,
        busy: Callable[[], bool],
        is_over: Callable[[], bool],
    ) -> None:
        self._places = None if places is None else threading.BoundedSemaphore(places)
        self._pause_s = 0.0 if per_minute is None else 60.0 / per_minute
        self._busy = busy
        self._is_over = is_over
        self._alone = threading.Lock()
        self._guard = threading.Lock()
        self._next = 0.0

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
        with self._guard:
            at = max(self._next, time.monotonic())
            self._next = at + self._pause_s
        while not self._is_over():
            left = at - time.monotonic()
            if left <= 0:
                return True
            time.sleep(min(left, WAIT_S))
        return False
