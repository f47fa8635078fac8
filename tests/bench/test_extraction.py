"""The measurement itself, on made-up files; on the real ones where they are."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from aftercall.bench.extraction import EVA, STAR, bench_fields, call_of, conversations, half_of, run, wilson
from aftercall.errors import NotFound
from aftercall.extraction import check_examples

REAL = Path(os.environ.get("AFTERCALL_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


def record(number: int, *said: str, **labels: Any) -> dict[str, Any]:
    turns = [{"speaker": one.partition(": ")[0], "text": one.partition(": ")[2]} for one in said]
    base: dict[str, Any] = {"id": f"r{number}", "lang": "en", "channel": "chat", "events": []}
    return {**base, "turns": turns, "labels": labels}


def write(folder: Path, **corpora: list[dict[str, Any]]) -> None:
    for name in (STAR, EVA):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as file:
            file.writelines(json.dumps(one) + "\n" for one in corpora.get(name, []))


def test_figures_by_hand(tmp_path: Path) -> None:
    """Four weather calls of five; the fifth is labelled trivia although it asks for the weather."""
    exact = {"call_reasons_exact": True, "abandoned": False}
    records = []
    for n in range(60):
        said = (f"user: What is the weather in town {n}?", "agent: 9 degrees celsius.", "user: Thanks, bye.")
        records.append(record(n, *said, call_reasons=["weather" if n % 5 else "trivia"], **exact))
    write(tmp_path, star=[*records, *records])
    held_out = [one for one in records if half_of(one) == "held-out"]
    weather = sum(one["labels"]["call_reasons"] == ["weather"] for one in held_out)
    figures = run(tmp_path)
    reason = next(one for one in figures["fields"] if one["field"] == "CALL_REASON")
    assert 0 < weather < len(held_out) < 60
    assert reason["n"] == len(held_out)
    assert reason["accuracy"] == reason["baseline"] == round(weather / len(held_out), 4)
    assert reason["low"] < reason["accuracy"] < reason["high"]
    assert figures["calls"] == len(held_out)
    assert figures["calls_per_s"] > 0
    training = run(tmp_path, half="training")
    assert training["calls"] + figures["calls"] == 60


def test_variants_of_one_script_are_on_one_side() -> None:
    one = record(1, "agent: Hi", "user: My flight, was CANCELLED!", "agent: Oh")
    other = record(2, "user: my flight was cancelled", "agent: Well")
    assert half_of(one) == half_of(other)


def test_labels_do_not_leak() -> None:
    told = record(1, "user: Hello", transferred_to_human=True)
    told["events"] = [
        {"type": "tool_call", "name": "transfer_to_agent"},
        {"type": "task_selected", "name": "weather"},
        {"type": "tool_call", "name": "search", "error": True},
    ]
    assert [(one.name, one.failed) for one in call_of(told).happened] == [("search", True)]


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_wilson(right: int, n: int, low: float, high: float) -> None:
    assert [*wilson(right, n)] == pytest.approx([low, high], abs=1e-4)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="--data names a folder"):
        run(tmp_path)


def test_the_rules_are_well_formed() -> None:
    assert all(check_examples(field) == [] for field in bench_fields().values())


@pytest.mark.slow
@pytest.mark.skipif(
    not REAL.is_dir(), reason=f"the real conversations are NOT here ({REAL}): not tested on them"
)
def test_on_the_real_conversations() -> None:
    assert sum(1 for _ in conversations(REAL / f"{STAR}.jsonl.gz")) > 4_000
    fields = {one["field"]: one for one in run(REAL)["fields"]}
    assert fields["CALL_REASON"]["low"] > fields["CALL_REASON"]["baseline"]
    assert fields["ABANDONED"]["low"] > fields["ABANDONED"]["baseline"]
    assert all(0 <= one["low"] <= one["accuracy"] <= one["high"] <= 1 for one in fields.values())
