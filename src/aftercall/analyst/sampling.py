"""What a sample says of its pool: shares and counts with intervals, and how many to read.

A sample is drawn without replacement from a pool that is known to the last conversation, so the intervals are
those of the finite pool: reading everything leaves no doubt. They cover the error of sampling alone. What a
reader takes a conversation for, right or wrong, is taken as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """``found`` of ``read`` conversations, drawn from ``pool``. ``share``: the estimate for the pool, between
    ``low`` and ``high`` at the stated ``level``; ``exact``: everything was read."""

    found: int
    read: int
    pool: int
    share: float
    low: float
    high: float
    level: float = LEVEL

    @property
    def exact(self) -> bool:
        return self.read >= self.pool

    @property
    def conversations(self) -> tuple[int, int]:
        """How many in the pool, at least and at most."""
        return round(self.low * self.pool), round(self.high * self.pool)


@dataclass(frozen=True)
class Part:
    """One stratum: ``found`` of ``read``, drawn from ``pool``."""

    found: int
    read: int
    pool: int


def estimate(found: int, read: int, pool: int, level: float = LEVEL) -> Estimate:
    """From a random sample, by the hypergeometric distribution: exact, so it covers at least as often as it
    says. Raises ValueError for counts that cannot be."""
    if not 0 <= found <= read <= pool:
        raise ValueError(f"{found} found of {read} read of {pool}: no such sample")
    if read == 0:
        return Estimate(0, 0, pool, 0.0, 0.0, 1.0 if pool else 0.0, level)
    low, high = hypergeometric(found, read, pool, level)
    return Estimate(found, read, pool, found / read, low / pool, high / pool, level)


def hypergeometric(found: int, read: int, pool: int, level: float = LEVEL) -> tuple[int, int]:
    """(fewest, most) in the pool for which this many found is not too unlikely, each side on its own."""
    tail = (1 - level) / 2
    least, most = found, pool - (read - found)
    low = _first(least, most, lambda many: at_least(found, many, read, pool) > tail)
    high = -_first(-most, -least, lambda many: at_most(found, -many, read, pool) > tail)
    return low, high


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The least number from which on it holds; it holds at ``high``."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def at_least(found: int, many: int, read: int, pool: int) -> float:
    """Chance to find so many or more, where the pool has ``many``."""
    return math.fsum(_chance(k, many, read, pool) for k in range(found, min(many, read) + 1))


def at_most(found: int, many: int, read: int, pool: int) -> float:
    return math.fsum(_chance(k, many, read, pool) for k in range(max(0, read - (pool - many)), found + 1))


def _chance(k: int, many: int, read: int, pool: int) -> float:
    if k < 0 or k > many or read - k < 0 or read - k > pool - many:
        return 0.0
    return math.exp(_choices(many, k) + _choices(pool - many, read - k) - _choices(pool, read))


def _choices(n: int, k: int) -> float:
    """Logarithm of how many ways there are to choose k of n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def wilson(share: float, effective: float, level: float = LEVEL) -> tuple[float, float]:
    """The interval of a share that was measured as well as ``effective`` independent readings would."""
    if effective <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = share + z * z / (2 * effective)
    spread = z * math.sqrt(share * (1 - share) / effective + z * z / (4 * effective * effective))
    scale = 1 + z * z / effective
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def stratified(parts: Sequence[Part], level: float = LEVEL) -> Estimate:
    """From samples of strata, each weighted by its part of the pool; strata without a reading widen it.

    Wilson's interval at the size that a simple sample of the same variance would have, with the
    correction for the finite pool.
    """
    parts = [part for part in parts if part.pool]
    pool, read, found = (sum(getattr(part, name) for part in parts) for name in ("pool", "read", "found"))
    if len(parts) == 1 or read == pool:
        return estimate(found, read, pool, level)
    known = sum(part.pool for part in parts if part.read)
    if not known:
        return Estimate(0, 0, pool, 0.0, 0.0, 1.0, level)
    share = sum(part.pool / known * part.found / part.read for part in parts if part.read)
    variance = sum((part.pool / known) ** 2 * _variance(part) for part in parts if part.read)
    low, high = wilson(share, _effective(share, variance, read, pool), level)
    unseen = 1 - known / pool
    return Estimate(found, read, pool, share, low * (1 - unseen), high * (1 - unseen) + unseen, level)


def _variance(part: Part) -> float:
    """Of the part's share; smoothed, or a stratum in which all are alike would claim to be certain."""
    if part.read >= part.pool:
        return 0.0
    smoothed = (part.found + 1) / (part.read + 2)
    return smoothed * (1 - smoothed) / part.read * (1 - part.read / part.pool)


def _effective(share: float, variance: float, read: int, pool: int) -> float:
    middle = min(max(share, 1 / (read + 2)), 1 - 1 / (read + 2))
    simple = read / max(1 - read / pool, 1e-9)
    return min(middle * (1 - middle) / variance, simple) if variance > 0 else simple


def size_for(margin: float, pool: int, level: float = LEVEL) -> int:
    """How many to read so that no share is off by more than ``margin`` (0.05: five points)."""
    if not 0 < margin < 1:
        raise ValueError(f"a margin of {margin}: use a share between 0 and 1")
    z = NormalDist().inv_cdf((1 + level) / 2)
    infinite = z * z * 0.25 / (margin * margin)
    return min(pool, math.ceil(infinite / (1 + (infinite - 1) / pool))) if pool else 0
