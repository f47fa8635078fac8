"""``aftercall bench postcall`` in small: every figure is there, and measured."""

from __future__ import annotations

import pytest

from aftercall.bench.postcall import run


@pytest.mark.slow
def test_it_measures_rate_and_latency() -> None:
    told: list[str] = []
    figures = run(conversations=40, rate=20, seconds=2, progress=told.append)
    assert figures["conversations"] == 40
    assert figures["calls_per_s"] > 0
    assert figures["watched"] == 2
    latency = figures["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["max"]
    assert 0 < figures["offered_per_s"] <= 20.5
    assert told[-1] == "20 calls a second for 2 s"
