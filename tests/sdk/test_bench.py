"""`aftercall bench sdk` measures all three situations and says so in plain JSON."""

from __future__ import annotations

import json

import pytest

from aftercall.bench.sdk import run


@pytest.mark.slow
def test_it_measures_with_the_server_up_slow_and_down() -> None:
    told = run(calls=3, seconds=0.5, drained_events=3000)
    assert json.loads(json.dumps(told)) == told
    assert set(told["situations"]) == {"up", "slow", "down"}
    assert {"p50", "p99", "max"} <= set(told["write_metric_us"])
    for situation in told["situations"].values():
        assert situation["writes"] > 100
        assert situation["dropped"] == 0
        assert situation["write_metric_us"]["p50"] <= told["write_metric_us"]["p50"]
    assert told["situations"]["up"]["acknowledged"] > 0
    assert told["situations"]["down"]["acknowledged"] == 0
    assert told["drained_events_per_s"] > 100
    assert 50 < told["spool_bytes_per_event"] < 5000
    # ten times the goal: on a busy machine, too, recording must not wait for anything
    assert told["write_metric_us"]["p50"] < 50
    assert told["import_ms"] > 0
