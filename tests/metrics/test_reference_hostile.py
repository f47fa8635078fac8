"""Random and hostile questions: never a 5xx, and nobody's text is ever part of a statement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck
from hypothesis import strategies as st

from aftercall.errors import UserError
from tests import servers
from tests.metrics.reference.hostile import CANARIES, CANARY, anything, drill, poisoned, query
from tests.metrics.reference.questions import questions
from tests.metrics.reference.store import World, world
from tests.metrics.reference.streams import NAMES, VALUES, Story, stories
from tests.servers import Server
from tests.web.calls import START, call, metric, send
from tests.web.hostile import written

KEYS = {"success", "error", "error_id", "error_code", "error_message", "data"}
LONG_AGO = Story(START, [], [])
MANY = hypothesis.settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """At the end: no exception may have reached the last catch."""
    with servers.server(tmp_path_factory.mktemp("hostile") / "home") as running:
        client = running.project("hostile")
        for number, name in enumerate([*NAMES, f"{CANARY}'; --"]):
            cid = f"call-{number}"
            value = VALUES.get(name, [CANARY])[0]
            send(client, [*call(cid, START + number * 60_000), metric(cid, name, value)])
        yield running
        assert "Traceback" not in running.log and "unexpected" not in running.log


@pytest.mark.slow
def test_no_question_is_a_5xx(server: Server) -> None:
    client = server.client("hostile")
    codes: dict[str, int] = {}

    @MANY
    @hypothesis.given(
        st.one_of(
            st.tuples(st.just("/v1/query"), query()),
            st.tuples(st.just("/v1/query"), questions(LONG_AGO)),
            st.tuples(st.just("/v1/query"), questions(LONG_AGO).flatmap(poisoned)),
            st.tuples(st.just("/v1/query/conversations"), drill()),
            st.tuples(st.sampled_from(["/v1/query", "/v1/query/conversations"]), anything()),
        )
    )
    def asks(asked: tuple[str, Any]) -> None:
        path, body = asked
        answer = client.post(path, content=written(body), headers={"content-type": "application/json"})
        assert answer.status_code < 500, answer.text
        told = answer.json()
        code = "ok" if answer.status_code == 200 else told["error_code"]
        codes[code] = codes.get(code, 0) + 1
        if answer.status_code == 200:
            assert CANARY not in (told.get("sql") or ""), told["sql"]
        else:
            assert set(told) == KEYS and told["success"] is False

    asks()
    # The strategies are worth something only if many questions are good and many are not.
    assert codes["ok"] > 15 and codes["QUERY_INVALID"] > 15, codes


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("canary")) as one:
        yield one


@pytest.fixture
def statements(here: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that reaches the engine while the test runs, as its text."""
    seen: list[str] = []
    kind = type(here.store.engine.client())
    for verb in ("query", "raw_query", "command", "raw_stream"):
        told = getattr(kind, verb)

        def heard(self: Client, sql: str, *args: Any, _told: Any = told, **kwargs: Any) -> Any:
            seen.append(sql)
            return _told(self, sql, *args, **kwargs)

        monkeypatch.setattr(kind, verb, heard)
    return seen


@pytest.mark.slow
def test_nobodys_text_becomes_sql(here: World, statements: list[str]) -> None:
    asked = {"good": 0, "refused": 0}

    @MANY
    @hypothesis.given(st.data())
    def asks(data: st.DataObject) -> None:
        story: Story = data.draw(stories(2))
        marked = [*story.first, *named_by_canaries(story)]
        here.tell(Story(story.now, marked, story.late))
        for _ in range(4):
            asking = data.draw(questions(story).flatmap(poisoned) | query())
            statements.clear()
            try:
                here.ask(asking, story.now)
                asked["good"] += 1
            except UserError:
                asked["refused"] += 1
            assert not [sql for sql in statements if CANARY in sql]

    asks()
    assert asked["good"] > 50 and asked["refused"] > 50, asked


def named_by_canaries(story: Story) -> list[dict[str, Any]]:
    """Writes, a state and tags whose names and values are canaries, so that asking for them is no error."""
    told = {"conversation_id": "call-c", "at": story.now - 3_600_000}
    writes: list[dict[str, Any]] = [{"kind": "metric", "name": name, "value": name} for name in CANARIES]
    others: list[dict[str, Any]] = [
        {"kind": "start", "tags": [CANARY], "channel": CANARY},
        {"kind": "state", "set": {CANARY: CANARY}},
    ]
    return [{**told, **event, "id": f"c{i}"} for i, event in enumerate([*others, *writes])]
