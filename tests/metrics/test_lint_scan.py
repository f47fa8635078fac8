"""What an agent project's code writes, read without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercall.metrics.lint import Scan, scan_folder


def scan(tmp_path: Path, code: str) -> Scan:
    (tmp_path / "functions").mkdir(exist_ok=True)
    (tmp_path / "functions" / "f.py").write_text(code)
    return scan_folder(tmp_path)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ('conv.write_metric("A")', [("A", True, "boolean", True)]),
        ('conv.write_metric("A", None)', [("A", True, "null", None)]),
        ('conv.write_metric("A", False)', [("A", True, "boolean", False)]),
        ('conv.write_metric("A", 3)', [("A", True, "integer", 3)]),
        ('conv.write_metric("A", -2.5)', [("A", True, "number", -2.5)]),
        ('conv.write_metric("A", "x", write_once=True)', [("A", True, "text", "x")]),
        ('conv.write_metric(name="A", value=1)', [("A", True, "integer", 1)]),
        ('conv.write_metric("A", x)', [("A", True, "unknown", None)]),
        ('conv.write_metric("A", x > 1)', [("A", True, "boolean", None)]),
        ('conv.write_metric("A", not x)', [("A", True, "boolean", None)]),
        ('conv.write_metric("A", f"{x}")', [("A", True, "text", None)]),
        ('conv.write_metric("A", len(x))', [("A", True, "integer", None)]),
        ('conv.write_metric("A", **more)', [("A", True, "unknown", None)]),
        ('conv.write_metric(f"STEP_{n}_DONE")', [("STEP_*_DONE", False, "boolean", True)]),
        ('conv.write_metric(f"{a}{b}")', [("*", False, "boolean", True)]),
        ('conv.write_metric("STEP_" + n, 1)', [("STEP_*", False, "integer", 1)]),
        ("conv.write_metric(name, 1)", [("*", False, "integer", 1)]),
        ("conv.write_metric(*pair)", [("*", False, "unknown", None)]),
        ("conv.write_metric()", [("*", False, "boolean", True)]),
        ('N = "A"\nconv.write_metric(N)', [("A", True, "boolean", True)]),
        (
            'N = "A" if x else "B"\nconv.write_metric(N)',
            [("A", True, "boolean", True), ("B", True, "boolean", True)],
        ),
        ('P = "PRE"\nconv.write_metric(f"{P}_{x}")', [("PRE_*", False, "boolean", True)]),
        (
            'conv.write_metric("A" if x else "B")',
            [("A", True, "boolean", True), ("B", True, "boolean", True)],
        ),
        ('for N in names:\n    conv.write_metric(N)\nN = "A"', [("*", False, "boolean", True)]),
        ('def f(N="A"):\n    conv.write_metric(N)', [("*", False, "boolean", True)]),
        ('self.conv.write_metric("A")', [("A", True, "boolean", True)]),
        ('x.write_metrics("A")', []),
        ('"""conv.write_metric("A")"""', []),
        ('# conv.write_metric("A")', []),
    ],
)
def test_forms_of_a_write(tmp_path: Path, code: str, told: list[tuple[object, ...]]) -> None:
    found = scan(tmp_path, code)
    assert [(one.name, one.exact, one.type, one.value) for one in found.writes] == told
    assert found.unreadable == ()


def test_where_it_stands(tmp_path: Path) -> None:
    found = scan(tmp_path, '\n\nconv.write_metric("A")\n')
    assert found.writes[0].place == "functions/f.py:3"


def test_a_loop_over_a_table_of_names_may_write_each_of_them(tmp_path: Path) -> None:
    found = scan(tmp_path, 'Q = {"A": "?", "B": "?"}\nfor k, v in Q.items():\n    conv.write_metric(k, v)\n')
    assert found.has_free_names
    assert found.may_write("A")
    assert not found.may_write("C")


def test_patterns_mean_only_their_stars(tmp_path: Path) -> None:
    found = scan(tmp_path, 'conv.write_metric(f"A[{n}]?")')
    assert found.may_write("A[1]?")
    assert not found.may_write("A1x")
    assert not found.may_write("a[1]?")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "binary.py").write_bytes(b"\0\xff")
    (tmp_path / "deep.py").write_text("(" * 5_000)
    found = scan(tmp_path, 'conv.write_metric("A")')
    assert [line.partition(":")[0] for line in found.unreadable] == ["binary.py", "broken.py", "deep.py"]
    assert (found.files, len(found.writes)) == (4, 1)


def test_stubs_environments_and_hidden_folders_are_left_out(tmp_path: Path) -> None:
    for folder in ("_gen", ".venv", "venv", "__pycache__", ".hidden/deep"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.py").write_text('conv.write_metric("NO")')
    assert scan(tmp_path, "").writes == ()
    assert scan_folder(tmp_path / "nowhere").files == 0
