"""``aftercall init|test|agents``: an agent project from an empty folder to the server's home."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from aftercall.runtime import versions
from tests.cli.conftest import Cli, run
from tests.servers import Server

HOSTILE = "\x1b[2Jowned \u202etxt [red]"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """What ``init`` writes."""
    folder = tmp_path / "Bike Shop"
    assert run(tmp_path / "none", "init", str(folder)).code == 0
    return folder


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_what_init_writes_is_sound_and_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    files = run(tmp_path, "init", str(folder), "--json").json["files"]
    assert "functions/end_function.py" in files
    assert all((folder / name).is_file() for name in files)
    checked = run(tmp_path, "agents", "check", str(folder), "--json").json
    assert checked["problems"] == []
    assert {one["name"] for one in checked["functions"]} >= {"end_function", "book_repair"}
    (folder / "project.yaml").write_text("mine")
    again = run(tmp_path, "init", str(folder))
    assert (again.code, (folder / "project.yaml").read_text()) == (2, "mine")
    assert not (tmp_path / "catalog.db").exists()  # none of these needs a server


def test_scenarios_pass_fail_and_are_chosen(shop: Path, tmp_path: Path) -> None:
    passed = run(tmp_path, "test", str(shop))
    assert (passed.code, "1 passed, 0 failed" in passed.out) == (0, True)
    lines = ["name: Too dear", "steps:", "  - goto: Repair", "  - call: book_repair"]
    lines += ['    with: {problem: "flat tire", day: Friday}', "expect:", "  metrics: {ESTIMATE: 99}"]
    write(shop, "scenarios/dear.yaml", "\n".join(lines))
    failed = run(tmp_path, "test", str(shop), "--json")
    assert (failed.code, failed.json["passed"], failed.json["failed"]) == (3, 1, 1)
    (dear,) = [one for one in failed.json["scenarios"] if not one["ok"]]
    assert (dear["name"], dear["metrics"]["ESTIMATE"]) == ("Too dear", 15.0)
    assert "ESTIMATE" in dear["problems"][0]
    shown = run(tmp_path, "test", str(shop))
    assert (shown.code, "FAIL  Too dear" in shown.out) == (3, True)
    assert run(tmp_path, "test", str(shop), "--only", "flat").code == 0
    assert run(tmp_path, "test", str(shop), "--only", "dragons").code == 2
    assert run(tmp_path, "test", str(tmp_path / "nowhere")).code == 2


def test_what_is_wrong_is_named_and_no_terminal_obeys_it(shop: Path, tmp_path: Path) -> None:
    write(shop, "functions/broken.py", f"raise ValueError({HOSTILE!r})\n")
    write(shop, "functions/no_conv.py", "def no_conv(name):\n    return name\n")
    done = run(tmp_path, "agents", "check", str(shop))
    assert done.code == 3
    assert "functions/broken.py:1" in done.out
    assert "SIGNATURE_CONV" in done.out
    assert all(character == "\n" or character.isprintable() for character in done.out)
    problems = run(tmp_path, "agents", "check", str(shop), "--json").json["problems"]
    assert {one["code"] for one in problems} >= {"IMPORT_FAILED", "SIGNATURE_CONV"}


def test_added_to_the_server(cli: Cli, running: Server, shop: Path) -> None:
    first = cli("agents", "add", str(shop))
    assert first.code == 0, first.err
    assert "made the project bike-shop" in first.out
    assert "CALL_REASON" in first.out
    client = running.client("bike-shop")
    registry = client.get("/v1/projects/bike-shop/registry").json()["metrics"]
    assert {one["name"]: one["type"] for one in registry}["CALL_REASON"] == "categorical"
    again = cli("agents", "add", str(shop), "--json").json
    assert (again["project_created"], again["is_new"], again["metrics"]["new"]) == (False, False, [])
    (version,) = client.get("/v1/agent-versions").json()["versions"]
    assert (version["version"], version["current"]) == (again["version"], True)
    assert [one.version for one in versions(running.home, "bike-shop")] == [again["version"]]
    assert again["version"] in cli("agents", "list", "-p", "bike-shop").out
    told = cli("agents", "list", "--json").json["agents"]
    assert {one["project"]: len(one["versions"]) for one in told}["bike-shop"] == 1


def test_added_with_faults_and_with_a_registry_that_differs(cli: Cli, shop: Path) -> None:
    cli("agents", "add", str(shop), "-p", "faulty")
    write(shop, "functions/broken.py", "import no_such_module\n")
    metrics = (shop / "metrics.yaml").read_text()
    write(shop, "metrics.yaml", metrics.replace("type: number", "type: integer") + "\nNEW: {type: boolean}\n")
    done = cli("agents", "add", str(shop), "-p", "faulty", "--json")
    assert (done.code, done.json["metrics"]) == (3, {"new": ["NEW"], "differing": ["ESTIMATE"]})
    assert [one["code"] for one in done.json["problems"]] == ["IMPORT_FAILED"]
    assert "no_such_module" in cli("agents", "list", "-p", "faulty").out


def test_nothing_is_made_of_what_cannot_be_added(cli: Cli, http: httpx.Client, shop: Path) -> None:
    write(shop, "metrics.yaml", "A: {type: colour}\n")
    assert cli("agents", "add", str(shop), "-p", "unmade").code == 2
    write(shop, "metrics.yaml", "")
    assert cli("agents", "add", str(shop), "-p", "No Slug").code == 4
    assert cli("agents", "add", str(shop), "-p", "unmade", "--python", "/no/venv").code == 2
    assert cli("agents", "add", str(shop / "nowhere")).code == 2
    (shop / "functions/link.py").symlink_to(shop / "functions/end_function.py")
    assert cli("agents", "add", str(shop), "-p", "unmade").code == 2
    (shop / "functions/link.py").unlink()
    assert "unmade" not in {one["slug"] for one in http.get("/v1/projects").json()["projects"]}


def test_a_server_elsewhere_is_not_handed_a_copy_here(cli: Cli, running: Server, shop: Path) -> None:
    key = {"AFTERCALL_API_KEY": running.key}
    refused = cli("agents", "add", str(shop), AFTERCALL_URL="http://203.0.113.7:8440", **key)
    assert (refused.code, refused.out) == (2, "")
    assert "on the server's machine" in refused.err
    same = running.url.replace("127.0.0.1", "localhost")
    assert cli("agents", "add", str(shop), "-p", "here", AFTERCALL_URL=same, **key).code == 0


@pytest.mark.slow
def test_a_virtual_environment_of_its_own(cli: Cli, running: Server, shop: Path, tmp_path: Path) -> None:
    import venv

    venv.create(tmp_path / "venv", with_pip=False)
    site = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    (site / "only_here.py").write_text("WORD = 'here'\n")
    write(shop, "functions/uses.py", "import only_here\n\ndef uses(conv):\n    return only_here.WORD\n")
    assert cli("agents", "add", str(shop), "-p", "own").code == 3
    done = cli("agents", "add", str(shop), "-p", "own", "--python", str(tmp_path / "venv"), "--json")
    assert (done.code, done.json["problems"]) == (0, [])
    assert Path(done.json["python"]).is_relative_to(tmp_path / "venv")
    assert os.access(done.json["python"], os.X_OK)
