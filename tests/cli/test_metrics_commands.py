"""`aftercall metrics`: a file is planned, applied, exported and linted; the registry is listed."""

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
# What we count. Comments stay: nothing here ever writes this file.
REASON: {type: categorical, options: [billing, booking], definition: Why they called.}
BOOKED: {type: boolean, definition: An appointment was made.}
"""
_numbers = itertools.count()


@pytest.fixture
def slug() -> str:
    return f"metrics-{next(_numbers)}"


@pytest.fixture
def client(running: Server, slug: str) -> httpx.Client:
    """Of a new project with one call: a reason that is among the options of FILE, one that is not."""
    client = running.project(slug)
    at = now_ms() - 60_000
    events = [{"kind": "start", "conversation_id": cid, "id": f"{cid}-s", "at": at} for cid in ("a", "b")] + [
        {
            "kind": "metric",
            "conversation_id": cid,
            "name": "REASON",
            "value": value,
            "at": at + 1,
            "id": f"{cid}-m",
        }
        for cid, value in (("a", "Billing"), ("b", "weather"))
    ]
    assert client.post("/v1/ingest", json={"schema": 1, "events": events}).json()["accepted"] == 4
    return client


@pytest.fixture
def folder(tmp_path: Path, client: httpx.Client) -> Path:
    (tmp_path / "metrics.yaml").write_text(FILE)
    return tmp_path


def test_plan_apply_plan(cli: Cli, folder: Path, slug: str) -> None:
    planned = cli("metrics", "plan", str(folder), "-p", slug, "--check")
    assert planned.code == 1
    assert '~ REASON: type "text" -> "categorical"' in planned.out
    assert "of 2 conversations that wrote it 1 convert, 1 become invalid" in planned.out
    assert '"weather" (1):' in planned.out
    assert "+ BOOKED: boolean" in planned.out
    assert "1 to add, 1 to change, 0 to deactivate, 0 as they are" in planned.out
    refused = cli("metrics", "apply", str(folder), "-p", slug, stdin="n\n")
    assert refused.code == 1
    assert cli("metrics", "show", "REASON", "-p", slug, "--json").json["type"] == "text"
    assert cli("metrics", "apply", str(folder), "-p", slug, stdin="y\n").code == 0
    again = cli("metrics", "plan", str(folder), "-p", slug, "--check")
    assert (again.code, again.out.strip()) == (0, "nothing to do: 2 are as the file says")
    assert cli("metrics", "apply", str(folder), "-p", slug).code == 0
    assert (folder / "metrics.yaml").read_text() == FILE


def test_drift_is_shown_and_taken_back_only_after_a_question(
    cli: Cli, folder: Path, slug: str, client: httpx.Client
) -> None:
    cli("metrics", "apply", str(folder), "-p", slug, "--yes")
    client.patch("/v1/metrics/BOOKED", json={"unit": "calls"})
    planned = cli("metrics", "plan", str(folder), "-p", slug)
    assert '! BOOKED: changed since the last apply: unit "" -> "calls"; applying takes it back' in planned.out
    assert cli("metrics", "apply", str(folder), "-p", slug, stdin="").code == 1
    done = cli("metrics", "apply", str(folder), "-p", slug, "--yes", "--json").json
    assert [one["name"] for one in done["changes"]] == ["BOOKED"]


def test_what_only_adds_asks_nothing(cli: Cli, tmp_path: Path, slug: str, client: httpx.Client) -> None:
    (tmp_path / "metrics.yaml").write_text("NEW: {type: boolean}\n")
    done = cli("metrics", "apply", str(tmp_path), "-p", slug)
    assert (done.code, "applied" in done.out) == (0, True)
    (tmp_path / "metrics.yaml").write_text("{}")
    assert "- NEW: deactivate" in cli("metrics", "plan", str(tmp_path), "-p", slug).out
    assert cli("metrics", "apply", str(tmp_path), "-p", slug, stdin="").code == 1


def test_an_export_changes_nothing(cli: Cli, folder: Path, slug: str) -> None:
    cli("metrics", "apply", str(folder), "-p", slug, "--yes")
    (folder / "copy").mkdir()
    target = folder / "copy" / "metrics.yaml"
    assert cli("metrics", "export", "-p", slug, "-o", str(target)).code == 0
    assert "nothing to do" in cli("metrics", "plan", str(target.parent), "-p", slug).out
    assert cli("metrics", "export", "-p", slug).out == target.read_text()
    assert cli("metrics", "export", "-p", slug, "-o", str(target)).code == 2


def test_list_and_show(cli: Cli, folder: Path, slug: str) -> None:
    cli("metrics", "apply", str(folder), "-p", slug, "--yes")
    listed = cli("metrics", "list", "-p", slug)
    assert "Why they called." in listed.out
    assert "containment" not in listed.out
    assert "containment" in cli("metrics", "list", "-p", slug, "--all").out
    shown = cli("metrics", "show", "REASON", "-p", slug)
    assert 'options: ["billing", "booking"]' in shown.out
    assert "written in" in shown.out
    missing = cli("metrics", "show", "RESON", "-p", slug)
    assert (missing.code, "did you mean 'REASON'" in missing.err) == (4, True)


CODE = """\
def f(conv):
    conv.write_metric("REASON", "parking")
    conv.write_metric("Booked")
"""


def test_lint_needs_no_server(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "metrics.yaml").write_text(FILE)
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "f.py").write_text(CODE)
    (tmp_path / "functions" / "broken.py").write_text("def (")
    done = cli(
        "metrics",
        "lint",
        str(tmp_path),
        "--strict",
        AFTERCALL_URL="http://127.0.0.1:9",
        AFTERCALL_API_KEY="x",
    )
    assert done.code == 1
    assert "error VALUE_OUTSIDE_OPTIONS [functions/f.py:2]" in done.out
    assert "error NAME_SPELLED_TWICE [functions/f.py:3]" in done.out
    assert "      |   options: [billing, booking, parking]" in done.out
    assert "functions/broken.py" in done.err
    assert cli("metrics", "lint", str(tmp_path)).code == 0
    told = cli("metrics", "lint", str(tmp_path), "--json", "--ignore", "NAME_SPELLED_TWICE").json
    codes = [one["code"] for one in told["findings"]]
    assert codes[0] == "VALUE_OUTSIDE_OPTIONS"
    assert "NAME_SPELLED_TWICE" not in codes
    assert len(told["unreadable"]) == 1


def test_lint_beside_the_calls(cli: Cli, folder: Path, slug: str) -> None:
    cli("metrics", "apply", str(folder), "-p", slug, "--yes")
    told = cli("metrics", "lint", str(folder), "-p", slug, "--calls", "--json").json
    assert ("NEVER_WRITTEN", "BOOKED") in {(one["code"], one["metric"]) for one in told["findings"]}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lint", "nowhere"], "nowhere is no folder"),
        (["lint", "."], "is not there"),
        (["lint", ".", "--ignore", "NOPE"], "'NOPE' is no code"),
        (["plan", "."], "cannot be read"),
    ],
)
def test_what_is_missing_is_said(cli: Cli, tmp_path: Path, arguments: list[str], says: str) -> None:
    told = [
        str(tmp_path / "nowhere") if one == "nowhere" else str(tmp_path) if one == "." else one
        for one in arguments
    ]
    done = cli("metrics", *told)
    assert (done.code, says in done.err) == (2, True), done.err


def test_a_hostile_file_reaches_no_terminal(
    cli: Cli, tmp_path: Path, slug: str, client: httpx.Client
) -> None:
    (tmp_path / "metrics.yaml").write_text(
        json.dumps({"a\u202eb": {"type": "text", "definition": "\u001b[2J"}})
    )
    done = cli("metrics", "plan", str(tmp_path), "-p", slug)
    assert "\x1b" not in done.out + done.err
    assert "\u202e" not in done.out + done.err
