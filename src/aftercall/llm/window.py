"""So much in any 60 seconds, and no more."""

from __future__ import annotations

from collections import deque

PERIOD_S = 60.0


class Window:
    """Counts amounts (requests, tokens) over the last PERIOD_S seconds. Not for several threads at once.

    A bucket that refills would let twice the limit through in its first minute; providers count that.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._taken: deque[list[float]] = deque()
        self._sum = 0.0

    def wait_s(self, amount: float, now: float) -> float:
        """Seconds until ``amount`` fits; 0: now. More than the whole limit fits once the window is empty."""
        if self._limit is None:
            return 0.0
        self._drop(now)
        left = self._sum + min(amount, self._limit) - self._limit
        if left <= 0:
            return 0.0
        for taken_at, taken in self._taken:
            left -= taken
            if left <= 0:
                return taken_at + PERIOD_S - now
        return PERIOD_S  # not reached: the amount is at most the limit

    def take(self, amount: float, now: float) -> list[float]:
        """What was taken, to correct later."""
        entry = [now, amount]
        if self._limit is not None:
            self._taken.append(entry)
            self._sum += amount
        return entry

    def correct(self, entry: list[float], amount: float) -> None:
        if self._limit is not None and any(entry is known for known in self._taken):
            self._sum += amount - entry[1]
            entry[1] = amount

    def _drop(self, now: float) -> None:
        while self._taken and self._taken[0][0] + PERIOD_S <= now:
            self._sum -= self._taken.popleft()[1]
