"""The demo works where there is no clone: the wheel carries the example agent."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.demo.test_demo import CALLS, demo

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "dental_clinic"
PACKED = "aftercall/demo/dental_clinic"


def build(target: str, folder: Path, source: Path = ROOT) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=120)
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as an installer does it that got the source: from the sdist, not from the clone."""
    with tarfile.open(build("sdist", tmp_path_factory.mktemp("sdist"))) as sdist:
        source = tmp_path_factory.mktemp("source")
        sdist.extractall(source, filter="data")
    (folder,) = source.iterdir()
    return build("wheel", tmp_path_factory.mktemp("wheel"), folder)


def test_it_carries_the_example_and_nothing_that_was_made_of_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        found = {name.removeprefix(f"{PACKED}/") for name in packed.namelist() if name.startswith(PACKED)}
        assert packed.read(f"{PACKED}/project.yaml") == (EXAMPLE / "project.yaml").read_bytes()
    there = {str(path.relative_to(EXAMPLE)) for path in EXAMPLE.rglob("*") if path.is_file()}
    assert found == {name for name in there if "__pycache__" not in name}
    assert len(found) > 60


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel_alone(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")  # noqa: S202 - made by us just now
    monkeypatch.chdir(tmp_path)
    settings = {"PYTHONPATH": str(tmp_path / "site"), "AFTERCALL_HOME": str(tmp_path / "home")}
    with demo(tmp_path, **settings) as running:
        assert len(running.past()) == CALLS
        (version,) = running.client.get(
            "/v1/agent-versions", headers={"x-aftercall-project": "juniper-lane-dental"}
        ).json()["versions"]
        assert version["source"] == str(tmp_path / "site" / PACKED)
        assert version["problems"] == []
