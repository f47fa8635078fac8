"""Intervals cover the truth as often as they say."""

from __future__ import annotations

import gzip
import json
import math
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aftercall.analyst.sampling import Part, at_least, at_most, estimate, hypergeometric, size_for, stratified

STAR = Path(__file__).resolve().parents[3] / "shared" / "data" / "star.jsonl.gz"


@pytest.mark.parametrize(
    ("found", "read", "pool"), [(0, 10, 40), (3, 10, 40), (10, 10, 40), (5, 40, 40), (1, 1, 2)]
)
def test_the_interval_is_that_of_the_hypergeometric_distribution(found: int, read: int, pool: int) -> None:
    """By hand: every number that the pool may have, in whole numbers of ways."""

    def chance(k: int, many: int) -> float:
        return math.comb(many, k) * math.comb(pool - many, read - k) / math.comb(pool, read)

    possible = [
        many
        for many in range(found, pool - (read - found) + 1)
        if sum(chance(k, many) for k in range(found, min(many, read) + 1)) > 0.025
        and sum(chance(k, many) for k in range(found + 1) if read - k <= pool - many) > 0.025
    ]
    assert hypergeometric(found, read, pool) == (possible[0], possible[-1])


def test_tails_meet() -> None:
    assert at_least(3, 12, 10, 50) + at_most(2, 12, 10, 50) == pytest.approx(1)


def test_reading_everything_leaves_no_doubt() -> None:
    told = estimate(7, 40, 40)
    assert (told.low, told.share, told.high, told.exact) == (7 / 40, 7 / 40, 7 / 40, True)
    parts = stratified([Part(5, 30, 30), Part(2, 10, 10)])
    assert (parts.low, parts.high) == (7 / 40, 7 / 40)


def test_nothing_read_says_nothing() -> None:
    told = estimate(0, 0, 100)
    assert (told.low, told.high) == (0, 1)
    with pytest.raises(ValueError, match="no such sample"):
        estimate(5, 3, 10)


def test_a_large_pool_is_no_trouble() -> None:
    told = estimate(600, 2_000, 1_000_000)
    assert told.low == pytest.approx(0.280, abs=0.001)
    assert told.high == pytest.approx(0.3206, abs=0.001)


def test_a_stratum_nobody_read_widens_the_interval() -> None:
    without = stratified([Part(50, 100, 1_000), Part(10, 20, 100)])
    unread = stratified([Part(50, 100, 1_000), Part(0, 0, 100)])
    assert unread.high - unread.low > without.high - without.low + 0.05


def test_the_size_for_a_margin() -> None:
    assert size_for(0.05, 10**9) == 385
    assert size_for(0.05, 1_000_000) == 384
    assert size_for(0.05, 500) == 218
    assert size_for(0.05, 10) == 10


def coverage(truth: list[bool], size: int, chance: random.Random, runs: int) -> float:
    found = Counter(sum(chance.sample(truth, size)) for _ in range(runs))
    share = sum(truth) / len(truth)
    told = {many: estimate(many, size, len(truth)) for many in found}
    return sum(runs for many, runs in found.items() if told[many].low <= share <= told[many].high) / runs


@pytest.mark.parametrize("many", [1, 15, 150, 480])
def test_it_covers_as_often_as_it_says(many: int) -> None:
    truth = [True] * many + [False] * (600 - many)
    assert (
        coverage(truth, 80, random.Random(many), 1_500) >= 0.94
    )  # 0.95 and more, but for the chance of 1,500


def star_labels() -> list[dict[str, Any]]:
    if not STAR.exists():
        pytest.skip(f"{STAR} is absent: the labels of real conversations are not part of this repository")
    with gzip.open(STAR, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["labels"] for line in lines]


@pytest.fixture(scope="module")
def labels() -> list[dict[str, Any]]:
    return star_labels()


def test_it_covers_the_truth_of_real_reasons(labels: list[dict[str, Any]]) -> None:
    """The reader is given: each conversation's reasons are its labels."""
    reasons = [frozenset(one["call_reasons"] or ()) for one in labels]
    count = Counter(reason for some in reasons for reason in some)
    chosen = [reason for reason, _ in (count.most_common(2) + count.most_common()[-2:])]
    for reason in chosen:
        truth = [reason in some for some in reasons]
        assert coverage(truth, 150, random.Random(reason), 600) >= 0.935, reason


def test_strata_of_real_reasons_cover_too(labels: list[dict[str, Any]]) -> None:
    """By the first reason; what is counted is whether the caller reached the goal."""
    strata: dict[str, list[bool]] = {}
    for one in labels:
        if one["user_goal_met"] is not None and one["call_reasons"]:
            strata.setdefault(one["call_reasons"][0], []).append(bool(one["user_goal_met"]))
    every = [met for some in strata.values() for met in some]
    share, chance, within, runs = sum(every) / len(every), random.Random(5), 0, 500
    for _ in range(runs):
        parts = []
        for some in strata.values():
            size = min(len(some), 8)
            parts.append(Part(sum(chance.sample(some, size)), size, len(some)))
        told = stratified(parts)
        within += told.low <= share <= told.high
    assert within / runs >= 0.93
