"""When to try again: exponential, with full jitter, so that a thousand agents do not return at once."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S = 0.5
LONGEST_S = 30.0
CONFIGURATION_S = 30.0
"""Somebody has to change something first: tried again after half to all of this."""


class Backoff:
    """``next`` is a random time in [0, min(LONGEST_S, FIRST_S * 2^failures)] seconds, on top of what the
    server asked for."""

    def __init__(self, rng: Callable[[], float] = random.random) -> None:
        self._rng = rng
        self.failures = 0

    def next(self, retry_after_s: float | None = None) -> float:
        longest = min(LONGEST_S, FIRST_S * 2.0 ** min(self.failures, 10))
        self.failures += 1
        # the server's wish is a minimum: jitter comes on top, or all clients would return in the same instant
        return self._rng() * longest + (retry_after_s or 0.0)

    def for_configuration(self) -> float:
        return CONFIGURATION_S * (0.5 + self._rng() / 2)

    def worked(self) -> None:
        self.failures = 0
