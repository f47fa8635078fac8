"""Files of the wide table and of answers, read back by the programs that people read them with."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from aftercall.errors import Forbidden
from aftercall.metrics.export import Export, Wanted
from aftercall.metrics.export_answer import answer_file
from aftercall.metrics.export_formats import Format, guarded
from aftercall.metrics.query import Query
from aftercall.metrics.strict import QueryInvalid
from tests.metrics.desk import Desk, condition, ended, said, wrote

NUMBER = "+441632960017"
HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\nx",
    "'=x",
    'plain, "text"\nof two',
]


def export(desk: Desk, format_: Format = "csv", *, rows: int | None = None, **wanted: Any) -> bytes:
    query = Query.read({"over": {"all": True}, **wanted.pop("query", {})})
    may, need = wanted.pop("may", lambda _scope: True), wanted.pop("need", lambda _scope: None)
    asked = Wanted(query, format_, **wanted)
    made = Export(
        desk.store, desk.queries, desk.project, asked, may=may, need=need, now_ms=desk.now, page_rows=rows
    )
    return b"".join(made.pages())


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


@pytest.fixture(scope="module")
def calls(office: Desk) -> Desk:
    desk = office.another(timezone="Europe/London")
    desk.metric("BOOKED", "boolean")
    desk.metric("SCORE", "number")
    desk.metric("NOTE", "text")
    desk.metric("Größe der Gruppe", "integer")
    desk.metric("OLD", "text")
    desk.catalog.metrics.update(desk.project.id, "OLD", active=False)
    desk.call(
        "c1",
        "2026-03-27T09:00Z",
        said("where is my bill"),
        said("One moment", "agent"),
        wrote("BOOKED"),
        wrote("SCORE", -2.5),
        wrote("Größe der Gruppe", 4),
        wrote("OLD", "x"),
        ended("2026-03-27T09:01Z"),
        from_number=NUMBER,
        tags=["vip", "new"],
        attributes={"crm": 7},
    )
    for i, text in enumerate(HOSTILE):
        desk.call(f"h{i}", f"2026-03-28T09:{i:02}Z", wrote("NOTE", text), environment="sandbox")
    return desk


def test_csv_has_clean_names_and_a_line_for_each_conversation(calls: Desk) -> None:
    rows = csv_rows(export(calls))
    assert [row["conversation_id"] for row in rows] == [*(f"h{i}" for i in range(8, -1, -1)), "c1"]
    first = rows[-1]
    expected = {
        "started_at": "2026-03-27T09:00:00.000Z",
        "ended_at": "2026-03-27T09:01:00.000Z",
        "duration": "60",
        "environment": "live",
        "from_number": NUMBER,
        "BOOKED": "true",
        "SCORE": "-2.5",
        "Gr__e_der_Gruppe": "4",
        "NOTE": "",
        "tags": "['vip','new']",
    }
    assert {name: first[name] for name in expected} == expected
    assert "OLD" not in first
    assert not [name for name in first if name in ("version", "is_deleted") or name.startswith("write_")]
    internal = csv_rows(export(calls, internal=True))[-1]
    assert internal["is_deleted"] == "0"
    assert "'BOOKED'" in internal["write_names"]


def test_no_cell_is_a_formula_and_nothing_else_changes(calls: Desk) -> None:
    rows = csv_rows(export(calls, columns=["NOTE"], query={"where": [condition("NOTE", "exists")]}))
    assert [row["NOTE"] for row in reversed(rows)] == [f"'{text}" for text in HOSTILE[:7]] + HOSTILE[7:]
    lines = export(calls, "jsonl", columns=["NOTE"], query={"where": [condition("NOTE", "exists")]})
    assert [json.loads(line)["NOTE"] for line in lines.splitlines()][::-1] == HOSTILE


@pytest.mark.parametrize("text", ["-5", "+44", "2.5", "-2.50", "7.", "", "a=b", "2026-03-01"])
def test_numbers_in_a_text_are_no_formulas(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize("text", [*HOSTILE[:7], "-", "+1-1", "+1\n=2", "--1", "-1e5", "+.5", "-٣"])
def test_the_engine_guards_as_this_process_does(calls: Desk, text: str) -> None:
    from aftercall.metrics.export_formats import guarded_sql

    ((got,),) = calls.store.engine.select(f"SELECT {guarded_sql('{text:String}')}", {"text": text})
    assert got == guarded(text) == f"'{text}"


def test_parquet_has_types(calls: Desk) -> None:
    table = parquet.read_table(io.BytesIO(export(calls, "parquet", rows=3)))
    assert table.num_rows == 10
    types = {field.name: str(field.type) for field in table.schema}
    expected = {
        "conversation_id": "string",
        "started_at": "timestamp[ms, tz=UTC]",
        "duration": "double",
        "handoff": "bool",
        "BOOKED": "bool",
        "SCORE": "double",
        "Gr__e_der_Gruppe": "int64",
        "NOTE": "string",
    }
    assert {name: types[name] for name in expected} == expected
    last = table.slice(9).to_pylist()[0]
    assert last["started_at"] == datetime(2026, 3, 27, 9, tzinfo=UTC)
    assert (last["BOOKED"], last["SCORE"], last["tags"]) == (True, -2.5, ["vip", "new"])
    assert sorted(filter(None, table["NOTE"].to_pylist())) == sorted(HOSTILE)  # a guard is for spreadsheets


def test_arrow_is_a_stream(calls: Desk) -> None:
    stream = pyarrow.ipc.open_stream(export(calls, "arrow", rows=4, columns=["conversation_id", "SCORE"]))
    table = stream.read_all()
    assert table.column_names == ["conversation_id", "SCORE"]
    assert table["SCORE"].to_pylist() == [None] * 9 + [-2.5]


@pytest.mark.parametrize("rows", [1, 3, 5, 9, 10, 11])
@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_pages_of_any_length_make_the_same_file(calls: Desk, format_: Format, rows: int) -> None:
    assert export(calls, format_, rows=rows) == export(calls, format_)


def test_which_conversations_is_said_as_in_a_query(calls: Desk) -> None:
    def ids(**query: Any) -> list[str]:
        lines = export(calls, "jsonl", columns=["conversation_id"], query=query).splitlines()
        return [json.loads(line)["conversation_id"] for line in lines]

    assert ids(where=[condition("BOOKED", "eq", True)]) == ["c1"]
    assert ids(where=[condition("transcript", "contains", "bill")]) == ["c1"]
    assert ids(
        over={"from": "2026-03-28", "to": "2026-03-28"}, where=[condition("NOTE", "contains", "sum")]
    ) == ["h3"]
    assert ids(over={"from": "2026-03-29", "to": "2026-03-30"}) == []
    assert len(ids(over={"last": "30d"})) == 10


@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet", "arrow"])
def test_nothing_found_is_a_file_all_the_same(calls: Desk, format_: Format) -> None:
    empty = {"over": {"from": "2025-01-01", "to": "2025-01-02"}}
    data = export(calls, format_, columns=["conversation_id", "SCORE"], query=empty)
    if format_ == "csv":
        assert data == b"conversation_id,SCORE\n"
    elif format_ == "jsonl":
        assert data == b""
    else:
        read = (
            parquet.read_table
            if format_ == "parquet"
            else lambda file: pyarrow.ipc.open_stream(file).read_all()
        )
        table = read(io.BytesIO(data))
        assert (table.num_rows, table.column_names) == (0, ["conversation_id", "SCORE"])


def test_transcripts_are_there_where_they_are_asked_for(calls: Desk) -> None:
    rows = csv_rows(export(calls, columns=["conversation_id", "transcript"], rows=4))
    assert {row["conversation_id"]: row["transcript"] for row in rows if row["transcript"]} == {
        "c1": "user: where is my bill\nagent: One moment"
    }
    assert "transcript" not in csv_rows(export(calls))[0]


def refuse(scope: str) -> None:
    raise Forbidden(scope)


def test_a_key_sees_what_its_scopes_allow(calls: Desk) -> None:
    def reads(scope: str) -> bool:
        return scope == "read"

    row = csv_rows(export(calls, may=reads, need=refuse))[-1]
    assert row["from_number"] == "***********17"
    assert not {"state", "attributes", "transcript"} & row.keys()
    assert csv_rows(export(calls))[-1]["attributes"] == '{"crm":7}'
    for column in ("state", "attributes", "transcript"):
        with pytest.raises(Forbidden):
            export(calls, columns=[column], may=reads, need=refuse)
    with pytest.raises(Forbidden):
        export(calls, may=reads, need=refuse, query={"where": [condition("transcript", "contains", "x")]})


def test_columns_may_be_named_as_the_metric_is(calls: Desk) -> None:
    data = export(calls, columns=["Größe der Gruppe", "OLD", "version"])
    assert data.splitlines()[0] == b"Gr__e_der_Gruppe,OLD,version"


@pytest.mark.parametrize("column", ["booke", "c.version", "1; DROP TABLE events", "", "x" * 10_000])
def test_a_column_that_is_none_is_named_with_the_nearest(calls: Desk, column: str) -> None:
    with pytest.raises(QueryInvalid) as refused:
        export(calls, columns=["conversation_id", column])
    assert refused.value.data["place"] == "columns[1]"
    if column == "booke":
        assert refused.value.data["nearest"] == "BOOKED"


def test_an_answer_is_a_file_too(calls: Desk) -> None:
    query = {
        "over": {"all": True},
        "by": ["NOTE"],
        "measures": [{"metric": "conversations"}, {"metric": "SCORE", "agg": "avg"}],
        "limit": 9,
        "other": True,
    }
    answer = calls.ask(query)
    rows = csv_rows(answer_file(answer, "csv"))
    assert [*rows[0]] == ["NOTE", "conversations", "SCORE.avg", "other"]
    assert {"NOTE": "'=1+1", "conversations": "1", "SCORE.avg": "", "other": "false"} in rows
    lines = [json.loads(line) for line in answer_file(answer, "jsonl").splitlines()]
    table = parquet.read_table(io.BytesIO(answer_file(answer, "parquet")))
    assert table.to_pylist() == lines
    assert {field.name: str(field.type) for field in table.schema} == {
        "NOTE": "string",
        "conversations": "int64",
        "SCORE.avg": "double",
        "other": "bool",
    }
