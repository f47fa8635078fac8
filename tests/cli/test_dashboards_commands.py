"""`aftercall dashboards` and `aftercall chart`: a file planned, applied, exported; tiles as files."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import httpx
import pytest

from aftercall.model.times import now_ms
from tests.cli.conftest import Cli
from tests.servers import Server

FILE = """\
dashboards:
  - name: Mornings
    default: true
    filters: {over: {last: 7d}}
    tiles:
      - {at: [0, 0, 3, 2], kind: kpi, title: Calls}
      - {at: [3, 0, 9, 4], kind: bar, title: Channels, query: {by: [channel]}}
  - name: Evenings
    tiles: []
"""
_numbers = itertools.count()


@pytest.fixture
def slug() -> str:
    return f"boards-{next(_numbers)}"


@pytest.fixture
def client(running: Server, slug: str) -> httpx.Client:
    client = running.project(slug)
    events = [
        {"kind": "start", "conversation_id": c, "id": c, "at": now_ms() - 60_000, "channel": "voice"}
        for c in ("a", "b")
    ]
    assert client.post("/v1/ingest", json={"schema": 1, "events": events}).json()["accepted"] == 2
    return client


@pytest.fixture
def folder(tmp_path: Path, client: httpx.Client) -> Path:
    (tmp_path / "dashboards.yaml").write_text(FILE)
    assert client.base_url
    return tmp_path


def test_a_file_is_planned_applied_and_exported(
    cli: Cli, client: httpx.Client, folder: Path, slug: str
) -> None:
    client.post("/v1/dashboards", json={"name": "Own"})
    assert cli("dashboards", "plan", str(folder), "--check", "-p", slug).code == 1
    assert [one["name"] for one in client.get("/v1/dashboards").json()["dashboards"]] == ["Own"]
    done = cli("dashboards", "apply", str(folder), "-p", slug)
    assert (done.code, done.out) == (0, "add Mornings (2 tiles)\nadd Evenings (0 tiles)\n")
    boards = client.get("/v1/dashboards").json()["dashboards"]
    assert [(one["name"], one["default"]) for one in boards] == [
        ("Mornings", True),
        ("Evenings", False),
        ("Own", False),
    ]
    again = cli("dashboards", "apply", str(folder), "-p", slug)
    assert again.out == "nothing to do: the dashboards are as the file says\n"
    listed = cli("dashboards", "list", "-p", slug, "--json").json
    assert listed["dashboards"] == boards
    out = folder / "back.yaml"
    assert cli("dashboards", "export", "-p", slug, "-o", str(out)).code == 0
    assert cli("dashboards", "plan", str(out), "--check", "--prune", "-p", slug).code == 0
    assert cli("dashboards", "export", "-p", slug, "-o", str(out)).code == 2  # it is never written over


def test_a_change_is_asked_about_and_the_rest_pruned(
    cli: Cli, client: httpx.Client, folder: Path, slug: str
) -> None:
    client.post("/v1/dashboards", json={"name": "Own"})
    assert cli("dashboards", "apply", str(folder), "-p", slug).code == 0
    (folder / "dashboards.yaml").write_text(FILE.replace("kind: kpi", "kind: kpi, note: all of them"))
    assert cli("dashboards", "apply", str(folder), "-p", slug, stdin="n\n").code == 1
    done = cli("dashboards", "apply", str(folder / "dashboards.yaml"), "-p", slug, "--prune", "--yes")
    assert done.out == "change Mornings (2 tiles)\ndelete Own\n"
    first = client.get("/v1/dashboards").json()["dashboards"][0]
    assert first["tiles"][0]["tile"]["note"] == "all of them"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a", "one key, dashboards"),
        ("dashboards: [{tiles: []}]", "dashboards[0] needs a name"),
        ("dashboards: [{name: A, tils: []}]", "'tils'"),
        ("dashboards: [{name: A}, {name: A}]", "two dashboards"),
        ("dashboards: [{name: A, tiles: [{kind: kpi}]}]", "dashboards[0].tiles[0].at"),
        ("dashboards: [{name: A, tiles: [{at: [0, 0, 13, 1], kind: kpi}]}]", "dashboards[0].tiles[0]"),
        ("dashboards: [{name: A, tiles: [{at: [0, 0, 3, 1], kind: line}]}]", "interval"),
        ("a: [", "line 2"),
    ],
)
def test_a_wrong_file_says_where(cli: Cli, folder: Path, slug: str, text: str, reason: str) -> None:
    (folder / "dashboards.yaml").write_text(text)
    done = cli("dashboards", "plan", str(folder), "-p", slug)
    assert done.code == 2
    assert reason in done.err


def test_a_chart_becomes_a_file(cli: Cli, client: httpx.Client, folder: Path, slug: str) -> None:
    def draw(name: str, *options: str) -> Path:
        done = cli("chart", str(folder / name), "-p", slug, *options)
        assert done.code == 0, done.err
        return folder / name

    csv = draw("c.csv", "--by", "channel", "-m", "conversations", "--last", "7d").read_text()
    assert csv.splitlines()[-1] == "voice,2"
    assert draw("c.svg", "--by", "duration:30", "--theme", "dark").read_text().startswith("<svg")
    tile = folder / "tile.json"
    tile.write_text(json.dumps({"kind": "kpi", "title": "Calls"}))
    assert draw("c.png", "--tile", str(tile), "--width", "200").read_bytes().startswith(b"\x89PNG")
    assert cli("dashboards", "apply", str(folder), "-p", slug).code == 0
    assert draw("d.csv", "--dashboard", "mornings", "--title", "channels").read_text().endswith("voice,2\n")


def test_a_wrong_chart_is_refused(cli: Cli, folder: Path, slug: str) -> None:
    assert "must end with" in cli("chart", "x.gif", "-p", slug).err
    assert cli("chart", str(folder / "x.png"), "--kind", "cake", "-p", slug).code == 4
    assert "no dashboard" in cli("chart", str(folder / "x.png"), "--dashboard", "None", "-p", slug).err
    assert not (folder / "x.png").exists()
