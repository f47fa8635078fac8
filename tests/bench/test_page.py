"""``bench page`` on a small store: every figure is there, and is a time that somebody waited."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aftercall.bench.page import FILTERS, GOALS, missed, run
from aftercall.errors import InvalidInput
from tests.servers import ROOT


@pytest.mark.slow
def test_the_command_measures_a_list_filters_and_opening(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "aftercall", "bench", "page", "--conversations", "2000", "--rounds", "3"]
    done = subprocess.run(
        [*command, "--keep", str(tmp_path), "--json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert all(told[name] > 0 for name in GOALS)
    assert told["filters_ms"].keys() == FILTERS.keys()
    assert told["filter_ms"] == max(told["filters_ms"].values())
    assert told["first_load_kb"] < GOALS["first_load_kb"]  # bytes are the same on any machine
    with pytest.raises(InvalidInput, match="2000"):
        run(conversations=3_000, keep=tmp_path)


def test_goals_that_are_missed_are_named() -> None:
    assert missed(dict(GOALS)) == []
    assert missed({**GOALS, "open_ms": 301.0}) == ["open_ms"]
