"""GET /v1/export through HTTP: files, refusals, and what a key may see."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pyarrow
import pytest
from pyarrow import parquet

from tests.servers import Server

NUMBER = "+441632960017"
CALL: list[dict[str, Any]] = [
    {"kind": "start", "at": "2026-03-27T09:00:00Z", "from_number": NUMBER, "channel": "voice"},
    {"kind": "turn", "at": "2026-03-27T09:00:05Z", "speaker": "user", "text": "my bill, please"},
    {"kind": "metric", "at": "2026-03-27T09:00:10Z", "name": "NOTE", "value": "=HYPERLINK(1)"},
    {"kind": "metric", "at": "2026-03-27T09:00:11Z", "name": "SCORE", "value": -4},
    {"kind": "end", "at": "2026-03-27T09:01:00Z"},
]


@pytest.fixture
def clinic(project: httpx.Client) -> httpx.Client:
    events = [
        {"conversation_id": f"c{i}", "id": f"e{n}", **one} for i in (1, 2) for n, one in enumerate(CALL)
    ]
    assert project.post("/v1/ingest", json={"schema": 1, "events": events}).status_code in (200, 202)
    return project


def lines(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_csv_is_what_comes_unasked(clinic: httpx.Client, slug: str) -> None:
    answer = clinic.get("/v1/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{slug}-conversations.csv"'
    rows = lines(answer)
    assert [row["conversation_id"] for row in rows] == ["c2", "c1"]
    assert (rows[0]["NOTE"], rows[0]["SCORE"], rows[0]["from_number"]) == ("'=HYPERLINK(1)", "-4", NUMBER)


def test_other_formats_columns_and_conditions(clinic: httpx.Client) -> None:
    asked = {"column": ["SCORE", "conversation_id"], "where": '[{"field": "SCORE", "op": "lt", "value": 0}]'}
    rows = [{"SCORE": -4.0, "conversation_id": "c2"}, {"SCORE": -4.0, "conversation_id": "c1"}]
    jsonl = clinic.get("/v1/export", params={**asked, "format": "jsonl"})
    assert [json.loads(line) for line in jsonl.text.splitlines()] == rows
    arrow = clinic.get("/v1/export", params={**asked, "format": "arrow"}).content
    assert pyarrow.ipc.open_stream(arrow).read_all().to_pylist() == rows
    table = clinic.get("/v1/export", params={**asked, "format": "parquet", "from": "2026-03-27"}).content
    assert parquet.read_table(io.BytesIO(table)).to_pylist() == rows
    assert lines(clinic.get("/v1/export", params={"to": "2026-03-26"})) == []


def test_a_query_is_a_file_too(clinic: httpx.Client, slug: str) -> None:
    query = {"over": {"all": True}, "measures": [{"metric": "SCORE", "agg": "avg"}], "by": ["NOTE"]}
    answer = clinic.get("/v1/export", params={"query": json.dumps(query)})
    assert lines(answer) == [{"NOTE": "'=HYPERLINK(1)", "SCORE.avg": "-4"}]
    assert f"{slug}-query.csv" in answer.headers["content-disposition"]


def test_a_project_without_calls_has_a_header(project: httpx.Client) -> None:
    answer = project.get("/v1/export")
    assert answer.text.startswith("conversation_id,started_at,")
    assert answer.text.count("\n") == 1


def test_a_key_sees_what_its_scopes_allow(server: Server, clinic: httpx.Client, slug: str) -> None:
    narrow = {"x-api-key": server.new_key(["read"], slug)}
    row = lines(clinic.get("/v1/export", headers=narrow))[0]
    assert row["from_number"] == "***********17"
    assert not {"state", "attributes"} & row.keys()
    for column in ("transcript", "state"):
        refused = clinic.get("/v1/export", headers=narrow, params={"column": column})
        assert (refused.status_code, refused.json()["error_code"]) == (403, "FORBIDDEN")
    told = lines(clinic.get("/v1/export", params={"column": ["transcript"]}))
    assert [row["transcript"] for row in told] == ["user: my bill, please"] * 2
    nothing = {"x-api-key": server.new_key(["ingest"], slug)}
    assert clinic.get("/v1/export", headers=nothing).status_code == 403


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"column": "SCOR"}, "columns[0]"),
        ({"where": "{"}, "where"),
        ({"where": "[" * 9_000}, "where"),
        ({"where": '[{"field": "nothing", "op": "exists"}]'}, "where[0].field"),
        ({"last": "soon"}, "over.last"),
        ({"last": "3d", "preset": "today"}, None),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"query": "null"}, None),
        ({"query": '{"by": ["x"]}'}, "by[0]"),
        ({"query": "{}", "last": "3d"}, "last"),
    ],
)
def test_what_is_wrong_is_said_before_any_byte(clinic: httpx.Client, asked: Any, place: str | None) -> None:
    answer = clinic.get("/v1/export", params=asked)
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert told["error_code"] == "QUERY_INVALID"
    if place is not None:
        assert told["data"]["place"].startswith(place)


@pytest.mark.parametrize("asked", [{"format": "xlsx"}, {"columns": "SCORE"}, {"internal": "perhaps"}])
def test_parameters_it_does_not_have(clinic: httpx.Client, asked: Any) -> None:
    answer = clinic.get("/v1/export", params=asked)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_INPUT")


HOSTILE = [
    "\x00",
    "'; DROP TABLE events; --",
    "`x`",
    "{p1:String}",
    "\\",
    "🙂",
    "x" * 5_000,
    "%s",
    "-- ",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_refused_or_mean_nothing(clinic: httpx.Client, text: str) -> None:
    for name in ("column", "last", "from", "to", "preset", "timezone", "where", "query", "format"):
        assert clinic.get("/v1/export", params={name: text}).status_code == 400, name
    condition = [{"field": "NOTE", "op": "eq", "value": text}]
    answer = clinic.get("/v1/export", params={"where": json.dumps(condition)})
    assert lines(answer) == []
