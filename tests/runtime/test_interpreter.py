"""Projects run on an interpreter of their own, which needs nothing of ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from aftercall.errors import InvalidInput
from aftercall.runtime import Pool, Snapshot, add, check
from aftercall.runtime.interpreter import resolve
from tests.runtime.conftest import NewProject

PROJECT = {
    "functions/end_function.py": """
        import sys
        from dataclasses import dataclass

        @dataclass
        class Call:
            reason: str

        def end_function(conv):
            installed = []
            for name in ("msgspec", "httpx", "aftercall", "mine"):
                try:
                    __import__(name)
                    installed.append(name)
                except ImportError:
                    pass
            conv.state.call = Call("refund")
            conv.write_metric("PREFIX", sys.prefix)
            conv.write_metric("INSTALLED", ",".join(installed))
            conv.log.info("done", call=conv.state.call)
    """
}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with one package, and two that have the names of a project's folders."""
    folder = tmp_path_factory.mktemp("venvs") / "bare"
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "mine.py").write_text("MINE = True\n")
    for name in ("functions", "flows"):
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("raise RuntimeError('not the project')\n")
    return folder


def written(home: Path, folder: Path, python: str | Path | None) -> dict[str, str]:
    added = add(home, "clinic", folder, python)
    assert added.loaded.problems == []
    with Pool(home) as pool:
        outcome = pool.end(added.agent, Snapshot("c"))
    assert outcome.ok, outcome.traceback or outcome.error
    assert {event["kind"] for event in outcome.events} == {"state", "metric", "log"}
    return {event["name"]: event["value"] for event in outcome.events if event["kind"] == "metric"}


@pytest.mark.parametrize("place", ["", "bin/python"])
def test_a_virtual_environment_of_its_own(
    home: Path, new_project: NewProject, bare: Path, place: str
) -> None:
    told = written(home, new_project(PROJECT), bare / place)
    assert told == {"PREFIX": str(bare), "INSTALLED": "mine"}


def test_without_one_the_servers_python(home: Path, new_project: NewProject) -> None:
    told = written(home, new_project(PROJECT), None)
    assert told["PREFIX"] == sys.prefix
    assert "mine" not in told["INSTALLED"]


@pytest.mark.parametrize("minor", [10, 12, 13, 14])
def test_other_versions_of_python(home: Path, new_project: NewProject, minor: int) -> None:
    found = shutil.which(f"python3.{minor}")
    works = found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0
    if found is None or not works:
        pytest.skip(f"this machine has no Python 3.{minor}")
    assert "PREFIX" in written(home, new_project(PROJECT), found)


def test_what_the_child_imports_is_the_standard_library_only() -> None:
    code = """
import runpy, sys
before = set(sys.modules)
made = runpy.run_path(sys.argv[1])
made["borrow_serve"]()
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(name for name in new - sys.stdlib_module_names if name[0] != "_"))
"""
    child = Path(sys.modules["aftercall.runtime"].__file__ or "").parent / "child" / "__main__.py"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, child], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("python", "code"),
    [
        ("nothing/here", "PYTHON_NOT_FOUND"),
        (".", "PYTHON_NOT_FOUND"),
        ("old", "PYTHON_TOO_OLD"),
        ("odd", "PYTHON_NOT_FOUND"),
    ],
)
def test_what_is_no_python(
    tmp_path: Path, new_project: NewProject, monkeypatch: pytest.MonkeyPatch, python: str, code: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, line in {"old": "echo 3.9.18", "odd": "echo hello"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(InvalidInput) as error:
        check(new_project(PROJECT), python)
    assert error.value.code == code


def test_a_virtual_environment_is_not_followed_to_the_python_it_links_to(bare: Path) -> None:
    assert resolve(bare).executable == str(bare / "bin/python")
    assert resolve(None).executable == sys.executable
