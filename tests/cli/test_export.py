"""``aftercall export``: files that are whole or not there."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import httpx
from pyarrow import parquet

from tests.cli.conftest import Cli


def tell(http: httpx.Client, conversation: str) -> None:
    told = [
        {"kind": "start", "id": "1", "at": "2026-03-01T09:00:00Z", "environment": "sandbox"},
        {
            "kind": "metric",
            "id": "2",
            "at": "2026-03-01T09:00:01Z",
            "name": "EXPORTED",
            "value": conversation,
        },
    ]
    events = [{"conversation_id": conversation, **one} for one in told]
    assert http.post("/v1/ingest", json={"schema": 1, "events": events}).status_code in (200, 202)


def test_the_name_says_the_format(cli: Cli, http: httpx.Client, tmp_path: Path) -> None:
    tell(http, "x1")
    only = ("--project", "clinic", "--where", "EXPORTED=x1", "-c", "EXPORTED", "-c", "environment")
    assert cli("export", str(tmp_path / "a.csv"), *only).code == 0
    assert (tmp_path / "a.csv").read_text() == 'EXPORTED,environment\n"x1","sandbox"\n'
    assert cli("export", str(tmp_path / "a.parquet"), *only).code == 0
    row = {"EXPORTED": "x1", "environment": "sandbox"}
    assert parquet.read_table(tmp_path / "a.parquet").to_pylist() == [row]
    assert cli("export", str(tmp_path / "odd"), *only, "--format", "jsonl").code == 0
    assert json.loads((tmp_path / "odd").read_text()) == row
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.parquet", "odd"]


def test_a_query_of_a_file(cli: Cli, http: httpx.Client, tmp_path: Path) -> None:
    tell(http, "x2")
    query = {"over": {"all": True}, "where": [{"field": "EXPORTED", "op": "eq", "value": "x2"}]}
    (tmp_path / "q.json").write_text(json.dumps(query))
    out = tmp_path / "out.csv"
    done = cli("export", str(out), "--query", str(tmp_path / "q.json"), "-p", "clinic")
    assert done.code == 0, done.err
    assert list(csv.DictReader(io.StringIO(out.read_text()))) == [{"conversations": "1"}]


def test_what_fails_leaves_no_file(cli: Cli, http: httpx.Client, tmp_path: Path) -> None:
    tell(http, "x3")
    out = tmp_path / "out.csv"
    out.write_text("of yesterday")
    done = cli("export", str(out), "-p", "clinic", "-c", "EXPORTE")
    assert done.code != 0
    assert "did you mean 'EXPORTED'?" in done.err
    assert out.read_text() == "of yesterday"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert "say --format" in cli("export", str(tmp_path / "x.xlsx"), "-p", "clinic").err
    assert "cannot be written" in cli("export", str(tmp_path / "no" / "x.csv"), "-p", "clinic").err
