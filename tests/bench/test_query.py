"""``bench query`` on a small store: what it compares answers alike, and its figures are all there."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercall.bench.query import Bench, missed
from aftercall.bench.query_store import MAIN, Made, opened
from aftercall.bench.query_tiles import DEEPER, OVERVIEW, TIMEZONE, Tile, spoken
from aftercall.bench.synthetic import vocabulary
from aftercall.errors import InvalidInput
from aftercall.metrics.query import Query
from tests.servers import ROOT

TILES = (*OVERVIEW, *DEEPER, spoken(vocabulary()[3]))
CALLS = 2_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench-query")


@pytest.fixture(scope="module")
def made(home: Path) -> Iterator[Made]:
    with opened(home, CALLS, lambda _: None) as one:
        yield one


@pytest.mark.slow
@pytest.mark.parametrize("tile", TILES, ids=[tile.name for tile in TILES])
def test_the_statement_by_hand_says_the_same(made: Made, tile: Tile) -> None:
    asked = Query.read({"timezone": TIMEZONE, **tile.question})
    answer = made.ask(asked, made.projects[MAIN])
    names = [column.name for column in answer.columns if column.role == "measure"]
    rows = [*answer.rows, *(answer.previous.rows if answer.previous else [])]
    # An empty bucket is a row of the answer, and none of a GROUP BY; the rest is several groups by hand.
    got = [[row[name] for name in names] for row in rows if any(row[name] for name in names)]
    by_hand = [
        row for statement in Bench(made, 1).by_hand(tile) for row in made.store.engine.select(statement)
    ]
    want = [numbers for row in by_hand if any(numbers := measured(row, len(names)))]
    if tile.question.get("other"):
        assert sum(n for (n,) in got) == sum(n for (n,) in want)
        got, want = got[:-1], sorted(want, reverse=True)[: len(got) - 1]
    assert got and close(got, want), (got, want)


def measured(row: tuple[Any, ...], count: int) -> list[float]:
    """The last columns of a row by hand, arrays as their items."""
    flat = [one for value in row for one in (value if isinstance(value, list) else [value])]
    return [float(value or 0) for value in flat[-count:]]


def close(got: list[list[Any]], want: list[list[float]]) -> bool:
    """Equal but for order and the last digits."""
    pairs = zip(sorted([float(v or 0) for v in row] for row in got), sorted(want), strict=True)
    return all(
        math.isclose(one, other, rel_tol=1e-6) for row in pairs for one, other in zip(*row, strict=True)
    )


@pytest.mark.slow
def test_a_kept_store_of_another_size_is_refused(home: Path, made: Made) -> None:
    assert made.conversations == CALLS
    with pytest.raises(InvalidInput, match="another"), opened(home, CALLS + 1, lambda _: None):
        pass


@pytest.mark.slow
def test_the_command_prints_every_figure(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "aftercall", "bench", "query", "--conversations", str(CALLS)]
    done = subprocess.run(
        [*command, "--rounds", "5", "--keep", str(tmp_path / "kept"), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    told = json.loads(done.stdout)
    assert [one["name"] for one in told["queries"]][: len(OVERVIEW)] == [tile.name for tile in OVERVIEW]
    assert told["worst_ratio_to_raw"] == max(one["ratio"] for one in told["queries"]) > 0
    assert told["worst_cpu_ratio_to_raw"] == max(one["cpu_ratio"] for one in told["queries"]) > 0
    assert set(told["overview_ms"]) == {"p50", "p95"} and told["overview_ms"]["p50"] > 0
    assert told["missed"] == missed(told) and set(told["missed"]) <= set(told["goals"])
    assert (tmp_path / "kept" / "synthetic.json").exists()
