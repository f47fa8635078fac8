"""``aftercall query``: short options, files and standard input; tables, CSV and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aftercall.cli import app
from aftercall.cli.query import condition_of, measure_of
from aftercall.cli.query_table import bar, duration, guarded, line, number
from aftercall.config import Config
from aftercall.errors import InvalidInput
from aftercall.web.server import run_in_thread

EVENTS: list[dict[str, Any]] = []
for i in range(6):
    about = {"conversation_id": f"c{i}", "at": f"2026-03-{27 + i % 3}T10:00:00Z", "id": f"s{i}"}
    EVENTS.append({**about, "kind": "start", "variant_name": "=A" if i < 4 else "B"})
    EVENTS.append({**about, "id": f"m{i}", "kind": "metric", "name": "BOOKED", "value": i == 0})
TIME = ["--from", "2026-03-27", "--to", "2026-03-29"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import httpx

    folder = tmp_path_factory.mktemp("query") / "home"
    config = Config.from_env({"AFTERCALL_HOME": str(folder), "AFTERCALL_PORT": "0"})
    with run_in_thread(config) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        client.headers["x-api-key"] = server.api_key
        assert client.post("/v1/projects", json={"slug": "clinic"}).status_code == 201
        sent = client.post(
            "/v1/ingest", json={"schema": 1, "events": EVENTS}, headers={"x-aftercall-project": "clinic"}
        )
        assert sent.json()["accepted"] == 12
        yield {
            "AFTERCALL_URL": server.url,
            "AFTERCALL_API_KEY": server.api_key,
            "AFTERCALL_HOME": str(folder),
        }


def run(env: dict[str, str], *words: str, stdin: str | None = None) -> str:
    done = CliRunner().invoke(app, ["query", *words], env=env, input=stdin, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_short_options_make_a_query(home: dict[str, str]) -> None:
    words = ["-m", "BOOKED.rate", "-m", "conversations", "--by", "variant", "-w", "channel=voice", *TIME]
    told = json.loads(run(home, *words, "--sort", "-conversations", "--limit", "1", "--other", "--json"))
    assert told["rows"] == [
        {"variant": "=A", "BOOKED.rate": 0.25, "conversations": 4},
        {"variant": None, "other": True, "BOOKED.rate": 0, "conversations": 2},
    ]


def test_a_file_and_standard_input(home: dict[str, str], tmp_path: Path) -> None:
    query = {"by": ["variant"], "over": {"from": "2026-03-27", "to": "2026-03-29"}}
    file = tmp_path / "query.json"
    file.write_text(json.dumps(query))
    of_file, of_input = run(home, str(file), "--json"), run(home, "-", "--json", stdin=json.dumps(query))
    assert json.loads(of_file)["rows"] == json.loads(of_input)["rows"]
    options = json.loads(run(home, str(file), "--json", "--interval", "day"))
    assert len(options["rows"]) == 6  # options go over the file


def test_a_table_with_bars_totals_and_what_rates_are_of(home: dict[str, str]) -> None:
    out = run(home, "-m", "conversations", "-m", "BOOKED.rate", "-b", "variant", *TIME)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert any(line.startswith("=A 4 25.0% █") for line in lines), out
    assert any(line.startswith("B 2 0.0% █") for line in lines), out
    assert any(line.startswith("all 6 16.7%") for line in lines), out
    assert "6 conversations, 2026-03-27T00:00:00+00:00 to" in out and "BOOKED.rate of 6 (all)" in out


def test_courses_of_groups(home: dict[str, str]) -> None:
    out = run(home, "-b", "variant", "-i", "day", *TIME)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert any(line == "=A 1 █▅▅" for line in lines), out
    assert any(line == "B 1 ▁██" for line in lines), out


def test_csv_guards_against_formulas(home: dict[str, str]) -> None:
    out = run(home, "-b", "variant", *TIME, "--csv")
    assert out.splitlines() == ["variant,conversations", "'=A,4", "B,2"]


def test_the_sql_is_shown_when_asked_for(home: dict[str, str]) -> None:
    out = run(home, *TIME, "--sql")
    assert "FROM conversations_" in out and "p1 = " in out


def test_nothing_says_so(home: dict[str, str]) -> None:
    assert "no rows" in run(home, "-b", "variant", "--from", "2020-01-01", "--to", "2020-01-02")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-m", "BOKED.rate"], "did you mean 'BOOKED'"),
        (["--last", "30d", "--preset", "today"], "say the time once"),
        (["-w", "channel"], "write FIELD=VALUE"),
        (["no such file"], "No such file"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    home: dict[str, str], words: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from aftercall.cli import main

    for name, value in home.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["aftercall", "query", *words])
    assert main() in (2, 4)
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1 and message in said[0]


def test_short_measures_and_conditions() -> None:
    assert measure_of("duration.p95") == {"metric": "duration", "agg": "p95"}
    assert measure_of("state.a.b") == {"metric": "state.a.b"}
    assert measure_of("containment") == {"metric": "containment"}
    assert condition_of("A>=2.5") == {"field": "A", "op": "gte", "value": 2.5}
    assert condition_of("A != x=y") == {"field": "A", "op": "ne", "value": "x=y"}
    assert condition_of("A=true") == {"field": "A", "op": "eq", "value": True}
    assert condition_of("A=[1]") == {"field": "A", "op": "eq", "value": "[1]"}
    assert condition_of("T~42") == {"field": "T", "op": "contains", "value": "42"}
    with pytest.raises(InvalidInput):
        condition_of("A")


def test_numbers_as_people_read_them() -> None:
    assert [duration(s) for s in (0.25, 66, 3_725)] == ["0.2s", "1m 06s", "1h 02m"]
    assert number(0.3251, "percent", "%") == "32.5%"
    assert number(1234.5, "currency", "GBP") == "1,234.50 GBP"
    assert number(12_345, "count", "calls") == "12,345"
    assert bar(1, 1_000) and bar(None, 5) == "" == bar(3, 0)
    assert line([0, None, 4]) in ("▁ █", "_ %") and line([None]) == ""
    assert [guarded(v) for v in ("=1", "-x", -1, None, True, "a")] == ["'=1", "'-x", -1, "", "true", "a"]
