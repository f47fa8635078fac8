"""A preview says beforehand what a change of type then does."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.model.ids import new_id
from aftercall.model.values import METRIC_TYPES, MetricType
from tests.store.conftest import BASE, Bench

OPTIONS = ("Yes", "2", "blue")
NAME = "a`b;-- {x:String}'\"\\"


def metric(conversation: str, value: Any, at: int = 0, **fields: Any) -> dict[str, Any]:
    told = {"conversation_id": conversation, "kind": "metric", "name": NAME, "value": value, "at": BASE + at}
    return told | fields


def extracted(call: str, attempt: str, value: Any, status: str, at: int) -> list[dict[str, Any]]:
    """What one attempt of post-call work wrote, and its outcome."""
    lineage = {"attempt": attempt}
    outcome = {"kind": "postcall", "attempt": attempt, "status": status, "lineage": lineage}
    return [
        metric(call, value, at, source="extraction", lineage=lineage),
        {"conversation_id": call, "at": BASE + at + 1, **outcome},
    ]


def write_everything(bench: Bench) -> None:
    values: list[Any] = [True, False, 2, 2.5, -7, 10**15, "yes", "Blue", "", None, ["a"], "2", "2", "2"]
    bench.send(*(metric(new_id(), value) for value in values))
    twice, once, human, back, retried, failed = (new_id() for _ in range(6))
    bench.send(metric(twice, "blue"), metric(twice, "7", 1))
    bench.send(metric(once, "blue", write_once=True), metric(once, "7", 1))
    bench.send(metric(human, "blue", source="human"), metric(human, "7", 1))
    bench.send(metric(back, "blue"), metric(back, "7", 1, id="m"))
    bench.send({"conversation_id": back, "kind": "retraction", "target": "m", "at": BASE})
    bench.send(*extracted(retried, "pc-1", "old", "ok", 1), *extracted(retried, "pc-2", "7", "ok", 5))
    bench.send(*extracted(failed, "pc-1", "blue", "ok", 1))
    other = {"name": "OTHER", "source": "extraction", "lineage": {"attempt": "pc-2"}}
    bench.send(
        metric(failed, 1, 5, **other),
        {
            "conversation_id": failed,
            "kind": "postcall",
            "attempt": "pc-2",
            "status": "failed",
            "at": BASE + 6,
        },
    )


@pytest.mark.parametrize("type_", METRIC_TYPES)
def test_it_says_what_the_change_then_does(bench: Bench, type_: MetricType) -> None:
    project = bench.project.id
    if NAME not in bench.catalog.metrics.list(project).by_name:
        write_everything(bench)
    options = OPTIONS if type_ == "categorical" else ()
    before = bench.catalog.metrics.list(project).revision
    preview = bench.store.preview(project, NAME, type_, options)
    assert bench.catalog.metrics.list(project).revision == before
    bench.catalog.metrics.update(project, NAME, type=type_, options=options or None)
    bench.store.reprojector.settle(project)
    rows = [row for row in every_row(bench) if NAME in row["metrics_written"]]
    column = bench.catalog.metrics.list(project).by_name[NAME].column
    known = [row for row in rows if row[column] is not None]
    invalid = [row for row in rows if NAME in row["metrics_invalid"]]
    assert preview.complete
    assert (preview.conversations, preview.checked) == (len(rows), len(rows)) == (20, 20)
    assert (preview.converts, preview.invalid) == (len(known), len(invalid))
    assert preview.null == len(rows) - len(known) - len(invalid) == 1


def every_row(bench: Bench) -> list[dict[str, Any]]:
    return bench.store.engine.select_dicts(f"SELECT * FROM conversations_{bench.project.id} FINAL")


def test_its_samples_name_the_most_frequent_values_and_the_reasons(bench: Bench) -> None:
    project = bench.catalog.projects.create("samples")
    calls = [new_id() for _ in range(5)]
    values = ["2", "2", "two", "x" * 500, None]
    bench.send(*(metric(call, value) for call, value in zip(calls, values, strict=True)), project=project.id)
    preview = bench.store.preview(project.id, NAME, "number")
    assert (preview.converts, preview.invalid, preview.null) == (2, 2, 1)
    by_value = {sample.written: sample for sample in preview.samples}
    assert (by_value["2"].becomes, by_value["2"].conversations) == ("2", 2)
    assert by_value["two"].becomes is None
    assert by_value["two"].reason == "'two' is not a number"
    assert by_value["two"].example == calls[2]
    assert max(len(sample.written) for sample in preview.samples) == 200
    assert [sample.becomes for sample in preview.samples][-1] == "2"  # what does not fit comes first


def test_names_nobody_wrote_and_projects_without_calls(bench: Bench) -> None:
    project = bench.catalog.projects.create("quiet")
    assert bench.store.preview(project.id, "NOTHING", "text").conversations == 0
    assert bench.store.preview(bench.project.id, "NOTHING", "text").complete


def test_it_stops_when_its_time_is_over(bench: Bench) -> None:
    project = bench.catalog.projects.create("large")
    bench.send(metric(new_id(), "7"), metric(new_id(), "8"), project=project.id)
    preview = bench.store.preview(project.id, NAME, "number", seconds=0)
    assert (preview.conversations, preview.checked, preview.complete) == (2, 0, False)
