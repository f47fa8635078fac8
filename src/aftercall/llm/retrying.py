"""When to send a request again: exponential with full jitter, on top of what the provider asked for."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S = 0.5
LONGEST_S = 30.0


def pause_s(failures: int, retry_after_s: float | None, rng: Callable[[], float] = random.random) -> float:
    """Seconds to wait after the ``failures``-th failure (1 for the first).

    What the provider asked for is a minimum: with jitter below it we would come too early, and without jitter
    above it everybody who was told the same would come at once.
    """
    longest = min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 10))
    return (retry_after_s or 0.0) + rng() * longest
