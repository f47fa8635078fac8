"""What ``aftercall init`` writes works at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercall.errors import Conflict, InvalidInput
from aftercall.runtime import check, layout
from aftercall.runtime.init import init, slug_of
from aftercall.runtime.metrics_file import MetricSpec, read_metrics
from aftercall.runtime.scenarios import run_scenarios


def test_the_new_project_is_right_and_its_scenario_passes(tmp_path: Path) -> None:
    folder = tmp_path / "My Shop"
    files = init(folder)
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == files
    assert {"project.yaml", "metrics.yaml", "functions/end_function.py"} <= set(files)
    assert layout.read(folder).project_id == "my-shop"
    loaded = check(folder)
    assert loaded.problems == []
    assert sum(item.kind == "function" and item.name != "end_function" for item in loaded.functions) == 2
    (result,) = run_scenarios(folder)
    assert result.problems == []
    written = {event["name"] for event in result.events if event["kind"] == "metric"}
    assert written <= {spec.name for spec in read_metrics(folder)}


def test_nothing_that_is_there_is_touched(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Conflict) as refused:
        init(tmp_path)
    assert refused.value.code == "FOLDER_NOT_EMPTY"
    with pytest.raises(Conflict):
        init(tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    (tmp_path / "empty").mkdir()
    assert init(tmp_path / "empty", "chosen")
    assert layout.read(tmp_path / "empty").project_id == "chosen"


@pytest.mark.parametrize(
    ("name", "slug"), [("My Shop", "my-shop"), ("été_2", "t-_2"), ("...", "agent"), ("x" * 90, "x" * 63)]
)
def test_slugs(tmp_path: Path, name: str, slug: str) -> None:
    assert slug_of(tmp_path / name) == slug


def read(tmp_path: Path, text: str) -> list[MetricSpec]:
    (tmp_path / "metrics.yaml").write_text(text)
    return read_metrics(tmp_path)


def test_metrics_in_both_forms(tmp_path: Path) -> None:
    assert read_metrics(tmp_path) == []
    assert read(tmp_path, "") == []
    ours = "A: {type: categorical, options: [x, y], unit: s, definition: d,"
    ours += " display_name: An A, empty_values: ['-']}"
    assert read(tmp_path, ours) == [MetricSpec("A", "categorical", ("x", "y"), ("-",), "An A", "d", "s")]
    exported = "A: {type: string, expected_values: [x], description: d}\n"
    exported += "B: {type: bool}\nC: {type: float}\nD: {type: int}"
    told = read(tmp_path, exported)
    assert [(spec.name, spec.type, spec.options, spec.definition) for spec in told] == [
        ("A", "categorical", ("x",), "d"),
        ("B", "boolean", (), ""),
        ("C", "number", (), ""),
        ("D", "integer", (), ""),
    ]
    assert read(tmp_path, "metrics: [{name: A, type: text}]") == [MetricSpec("A", "text")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("A: [", "metrics.yaml: "),
        ("- A\n", "no mapping"),
        ("A: text\n", "A is no mapping"),
        ("A: {type: money}\n", "A has the type 'money'"),
        ("A: {type: text, colour: red}\n", "A has 'colour'"),
        ("A: {type: categorical, options: yes}\n", "options is no list"),
        ("A: {type: categorical, options: [yes, no]}\n", "write it in quotes"),
    ],
)
def test_mistakes_in_metrics_are_named(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        read(tmp_path, text)
    assert problem in wrong.value.message
    assert wrong.value.code == "METRICS_INVALID"
