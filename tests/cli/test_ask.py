"""``aftercall ask``: in a terminal and as JSON, over a server."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aftercall.cli import app
from aftercall.cli.ask import Remote
from aftercall.cli.connection import connect
from aftercall.cli.exits import Refusal
from aftercall.config import Config
from aftercall.web.server import run_in_thread
from tests.docs import blocks_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "analyst.md"
EVENTS: list[dict[str, Any]] = []
for i in range(6):
    about = {"conversation_id": f"c{i}", "at": f"2026-03-{27 + i % 3}T10:00:00Z"}
    EVENTS.append({**about, "kind": "start", "id": f"s{i}", "variant_name": "\x1b[31mA" if i < 4 else "B"})
    EVENTS.append({**about, "kind": "turn", "id": f"t{i}", "speaker": "user", "text": "hello there"})
    EVENTS.append({**about, "kind": "metric", "id": f"m{i}", "name": "APPOINTMENT_BOOKED", "value": i == 0})
    EVENTS.append({**about, "kind": "metric", "id": f"f{i}", "name": "FOLLOW_UP_NEEDED", "value": i > 3})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import httpx

    folder = tmp_path_factory.mktemp("ask") / "home"
    config = Config.from_env({"AFTERCALL_HOME": str(folder), "AFTERCALL_PORT": "0"})
    with run_in_thread(config) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        client.headers["x-api-key"] = server.api_key
        assert client.post("/v1/projects", json={"slug": "clinic"}).status_code == 201
        sent = client.post(
            "/v1/ingest", json={"schema": 1, "events": EVENTS}, headers={"x-aftercall-project": "clinic"}
        )
        assert sent.json()["accepted"] == len(EVENTS)
        ratio = {"type": "ratio", "numerator": "APPOINTMENT_BOOKED", "denominator": "conversations"}
        made = client.put("/v1/metrics/SUCCESS_SHARE", json=ratio, headers={"x-aftercall-project": "clinic"})
        assert made.is_success, made.text
        yield {
            "AFTERCALL_URL": server.url,
            "AFTERCALL_API_KEY": server.api_key,
            "AFTERCALL_HOME": str(folder),
        }


def run(env: dict[str, str], *words: str) -> str:
    done = CliRunner().invoke(app, ["ask", *words], env=env, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_an_answer_says_how_it_was_understood_and_shows_a_table(home: dict[str, str]) -> None:
    told = run(home, "booking rate by variant in March 2026")
    assert "rate = as a share" in told
    assert "variant = for each variant_name" in told
    assert "25.0%" in told
    assert "\x1b" not in told
    asked = json.loads(told.partition("query: ")[2])
    assert asked["over"] == {"from": "2026-03-01", "to": "2026-03-31"}


def test_questions_follow_each_other(home: dict[str, str]) -> None:
    questions = ("How many bookings in March 2026?", "show me the calls", "what is our revenue")
    told = json.loads(run(home, *questions, "--json"))
    assert [one["plan"]["kind"] for one in told] == ["number", "list", "refused"]
    assert told[0]["answer"]["totals"] == {"conversations": 1}
    assert [one["id"] for one in told[1]["conversations"]] == ["c0"]
    assert told[2]["plan"]["not_understood"] == ["revenue"]


def test_a_ratio_of_the_registry_is_asked_for_by_its_name(home: dict[str, str]) -> None:
    told = json.loads(run(home, "success share in March 2026", "--json"))
    assert told["answer"]["totals"]["SUCCESS_SHARE"] == pytest.approx(1 / 6)


def test_the_commands_of_the_page_run(home: dict[str, str]) -> None:
    lines = [line for one in blocks_of(PAGE) if one.words == ("ask",) for line in one.source.splitlines()]
    assert len(lines) == 3
    for line in lines:
        assert run(home, *shlex.split(line)[2:])


def test_why_can_be_read_about(home: dict[str, str]) -> None:
    told = run(home, "Why did people call in March 2026?", "--read", "6")
    assert "read 6 of a pool of 6 conversations, drawn at random with seed 0" in told
    assert '"hello there"' not in told, "what everybody says is no theme"
    plain = json.loads(run(home, "Why did people call in March 2026?", "--read", "6", "--json"))
    assert plain["reading"]["read"] == plain["reading"]["pool"] == 6


def test_what_a_server_holds_can_be_read(home: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in home.items():
        monkeypatch.setenv(name, value)
    with connect() as api:
        access = Remote(api, "clinic")
        assert [one.text for one in access.read("c1").turns] == ["hello there"]
        with pytest.raises(Refusal, match="no conversation"):
            access.read("nobody")
