"""Bad input over every endpoint: never a 5xx, and a valid neighbour in the same request is always there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aftercall.web.openapi import operations
from tests.servers import Server
from tests.web.calls import START, Event, agent_path, listed, said, turn
from tests.web.hostile import events, huge, texts, times, values, written
from tests.web.test_documents import app

hostile = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
numbers = itertools.count()
LIST = "/v3/default/hostile/conversations"


DOWNLOADS = {
    "text/csv",
    "application/x-ndjson",
    "application/vnd.apache.parquet",
    "application/vnd.apache.arrow.stream",
    "application/vnd.apache.arrow.file",
}
"""What an export answers; everything else is JSON."""


def check(answer: httpx.Response) -> dict[str, Any]:
    """No 5xx but the 501 of what is not there yet; JSON, or a file; failures in the one shape."""
    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    if answer.headers["content-type"].partition(";")[0] in DOWNLOADS and answer.status_code == 200:
        return {}
    told = answer.json()
    if answer.status_code >= 400:
        assert set(told) == {"success", "error", "error_id", "error_code", "error_message", "data"}
    assert answer.headers["X-PolyAI-Correlation-Id"]
    found: dict[str, Any] = told
    return found


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    """Of a project all of these tests write to. At the end: no exception may have reached the last catch."""
    yield server.project("hostile")
    assert "unexpected" not in server.log
    assert "Traceback" not in server.log


def read_everything(client: httpx.Client) -> None:
    """Whatever came in, every reader can still show all of it."""
    for environment in ("live", "sandbox"):
        check(client.get(LIST, params={"limit": 5000, "client_env": environment}))
    told = check(client.get("/v1/agents/hostile/conversations", params={"limit": 5000}))
    for one in told["conversations"]:
        answer = client.get(agent_path("hostile", one["conversationId"]))
        assert answer.status_code == 200 or one["conversationId"] in (".", "..")
    check(client.get("/v1/rejects", params={"limit": 1000}))


@settings(hostile, max_examples=150)
@given(st.lists(events, max_size=8), st.integers(0, 8), st.booleans())
@example([said("state", "one", START, set={"$x": {"$timedelta": [10**4_000]}})], 0, False)
@example([said("start", "one", START, attributes={"n": 10**4_000})], 0, False)
@example([said("end", "early", START, ended_at=0), turn("early", "user", "late", START)], 1, True)
@example([turn("same", "user", text, START, index=1) for text in "ab"], 0, True)
@example([turn("long", "user", "x" * 10_000_000, START)], 1, False)
def send_whatever(client: httpx.Client, sent: list[Event], place: int, cut: bool) -> None:
    number = next(numbers)
    neighbours = [turn(f"neighbour-{number}-{side}", "user", f"here {side}", START) for side in (0, 1)]
    place = min(place, len(sent))
    parts = [*map(written, sent[:place]), written(neighbours[0]), *map(written, sent[place:])]
    # A lost tail, or a neighbour at the end.
    body = b",".join([*parts, b'{"kind": "turn", "text": "cu' if cut else written(neighbours[1]) + b"]}"])
    answer = check(client.post("/v1/ingest", content=b'{"schema":1,"events":[' + body))
    assert answer["accepted"] + answer["duplicates"] + len(answer["rejected"]) == len(sent) + 2
    for side in (0,) if cut else (0, 1):
        one = client.get(agent_path("hostile", f"neighbour-{number}-{side}")).json()
        assert [one_turn["user_input"] for one_turn in one["turns"]] == [f"here {side}"]
    if number % 25 == 0:
        read_everything(client)


@pytest.mark.slow
def test_whatever_is_sent_its_good_neighbours_are_there(server: Server, client: httpx.Client) -> None:
    send_whatever(client)
    text = server.client(key="").get("/metrics").text
    counts = re.findall(r'aftercall_ingest_events_total{code="(\w*)",outcome="(\w+)"} (\S+)', text)
    # The strategies are worth something only if much of what they make is taken, and much is not.
    assert sum(float(count) for _, outcome, count in counts if outcome == "accepted") > 200
    assert len({code for code, outcome, _ in counts if outcome == "rejected"}) >= 8
    read_everything(client)
    check(client.post("/v1/rejects/replay"))
    read_everything(client)
    assert listed(client, "hostile", limit=5000)["conversations"]


@hostile
@given(
    st.binary(max_size=200) | st.text(alphabet='{}[]",:\\ evntsNa1', max_size=60).map(str.encode),
    st.sampled_from(["", "gzip", "br", "\t"]),
)
def test_any_body_at_all(client: httpx.Client, body: bytes, encoding: str) -> None:
    check(client.post("/v1/ingest", content=body, headers={"content-encoding": encoding.strip()}))


OPERATIONS = [(path, method, operation) for path, method, operation in operations(app().openapi())]
parameter_values = (
    texts
    | times.map(str)
    | huge.map(str)
    | st.sampled_from(["true", "transcript", "random", "live", "10", "0"])
)
LONG = "y" * 10_000


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=[f"{m} {p}" for p, m, _ in OPERATIONS]
)
@hostile
@given(st.data())
def test_any_parameters_and_bodies_on_every_endpoint(
    client: httpx.Client, path: str, method: str, operation: dict[str, Any], data: st.DataObject
) -> None:
    if path == "/metrics":
        return  # it takes none, and answers no JSON
    url = path
    for name in ("account_id", "project_id", "agentId", "project", "slug"):
        usual = "default" if name == "account_id" else "hostile"
        url = url.replace("{" + name + "}", data.draw(st.just(usual) | texts.map(escaped)))
    while "{" in url:
        head, _, rest = url.partition("{")
        url = head + escaped(data.draw(texts | parameter_values)) + rest.partition("}")[2]
    params = data.draw(st.lists(st.tuples(names_of(operation), parameter_values), max_size=4))
    body = (
        data.draw(values.map(written) | st.binary(max_size=50) | bodies(operation))
        if method != "get"
        else None
    )
    headers = {"content-type": data.draw(st.sampled_from(["application/json", "text/plain", "x", ""]))}
    check(client.request(method, url, params=[(k, v) for k, v in params], content=body, headers=headers))


def escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def names_of(operation: dict[str, Any]) -> st.SearchStrategy[str]:
    names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
    return st.sampled_from([*names, "zzz"])


def bodies(operation: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """Objects with the fields of this and other requests, of any type."""
    fields = ["slug", "name", "timezone", "currency", "scopes", "project", "code", "kind", "conversation_id"]
    return st.dictionaries(st.sampled_from(fields), values | st.lists(texts), max_size=5).map(written)


JSON = {"content-type": "application/json"}
REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", LIST, {"params": {"cursor": LONG}}),
    ("GET", LIST, {"params": {"channel": ["x"] * 90}}),
    ("GET", LIST, {"params": {"channel": ["x"] * 101}}),
    ("GET", LIST, {"params": {"variant_name": "\0"}}),
    ("GET", f"/v1/agents/hostile/conversations/{LONG}", {}),
    ("GET", f"/v3/{LONG}/{LONG}/conversations", {}),
    ("GET", "/v1/projects", {"headers": {"x-aftercall-project": LONG}}),
    ("GET", "/v1/rejects", {"headers": {"x-aftercall-project": LONG}}),
    ("GET", "/v1/rejects", {"headers": [(b"x-aftercall-project", b"\xff\xfe")]}),
    ("GET", "/v1/rejects", {"params": {"before": "\0\ud7ff"}}),
    ("GET", "/v1/rejects/%00", {}),
    ("DELETE", f"/v1/keys/{10**30}", {}),
    ("DELETE", "/v1/keys/-1", {}),
    ("POST", "/v1/keys", {"content": b'{"name": "\\ud800", "scopes": ["read"]}', "headers": JSON}),
    ("POST", "/v1/projects", {"content": b'{"slug": "\\ud800"}', "headers": JSON}),
    ("POST", "/v1/projects", {"content": b'{"\\ud800": 1}', "headers": JSON}),
    ("POST", "/v1/projects", {"content": b"[" * 100_000, "headers": JSON}),
    ("POST", "/v1/projects", {"content": b'{"slug": NaN}', "headers": JSON}),
    ("POST", "/v1/projects", {"content": b'{"slug": ' + b"9" * 9_999 + b"}", "headers": JSON}),
    ("POST", "/v1/projects", {"json": {"slug": "ok", "name": "\0"}}),
    ("POST", "/v1/projects", {"json": {"slug": "ok", "timezone": "../../etc/passwd"}}),
    ("POST", "/v1/rejects/replay", {"content": b"\xff", "headers": JSON}),
    ("TRACE", "/v1/ingest", {}),
    ("GET", "/openapi.json/../../etc/passwd", {}),
]


@pytest.mark.parametrize(("method", "path", "request_"), REQUESTS, ids=range(len(REQUESTS)))
def test_requests_nobody_means_well(
    client: httpx.Client, method: str, path: str, request_: dict[str, Any]
) -> None:
    told = check(client.request(method, path, **request_))
    assert method == "GET" or told["success"] is False
