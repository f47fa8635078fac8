"""POST /v1/query and /v1/query/conversations over HTTP: scopes, masks, pages, and no 5xx whatever is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aftercall.web.api.query import QueryAnswer, QueryConversations
from tests.servers import Server
from tests.web.calls import START, call, send
from tests.web.hostile import values, written

QUERY, BEHIND = "/v1/query", "/v1/query/conversations"
ALL = {"all": True}


@pytest.fixture(scope="module")
def clinic(server: Server) -> Iterator[httpx.Client]:
    """Five calls, a minute after each other; every second one books."""
    client = server.project("numbers")
    events = []
    for i in range(5):
        about = {"conversation_id": f"c{i}", "at": START + 60_000 * i}
        events.append(
            {**about, "kind": "start", "id": f"s{i}", "from_number": f"+44163296000{i}", "channel": "voice"}
        )
        events.append(
            {**about, "kind": "turn", "id": f"t{i}", "speaker": "user", "text": f"my card number {i}"}
        )
        events.append({**about, "kind": "metric", "id": f"m{i}", "name": "BOOKED", "value": i % 2 == 0})
        events.append({**about, "kind": "state", "id": f"x{i}", "set": {"secret": i}})
    assert client.post("/v1/ingest", json={"schema": 1, "events": events}).status_code == 200
    yield client
    assert "unexpected" not in server.log and "Traceback" not in server.log


def ask(client: httpx.Client, **query: Any) -> dict[str, Any]:
    answer = client.post(QUERY, json={"over": ALL, **query})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    QueryAnswer.model_validate(told)
    return told


def behind(client: httpx.Client, query: Any, **more: Any) -> dict[str, Any]:
    answer = client.post(BEHIND, json={"query": {"over": ALL, **query}, **more})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    QueryConversations.model_validate(told)
    return told


def test_numbers_and_who_is_behind_them(clinic: httpx.Client) -> None:
    told = ask(clinic, measures=[{"metric": "BOOKED", "agg": "rate"}], by=["channel"])
    assert told["rows"] == [{"channel": "voice", "BOOKED.rate": 0.6}]
    drill = clinic.post(
        BEHIND, json={**told["drill"], "row": told["rows"][0], "measure": "BOOKED.rate"}
    ).json()
    assert drill["count"] == 3
    assert [one["id"] for one in drill["conversations"]] == ["c4", "c2", "c0"]
    assert drill["conversations"][0]["values"] == {"BOOKED.rate": True}


def test_pages(clinic: httpx.Client) -> None:
    seen, cursor = [], None
    while True:
        page = behind(clinic, {}, limit=2, cursor=cursor)
        seen += [one["id"] for one in page["conversations"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == ["c4", "c3", "c2", "c1", "c0"]
    wrong = clinic.post(BEHIND, json={"query": {}, "cursor": "made up"})
    assert (wrong.status_code, wrong.json()["error_code"]) == (400, "QUERY_INVALID")


def reader(server: Server, *scopes: str) -> httpx.Client:
    return server.client(key=server.new_key(scopes, "numbers"))


def test_the_sql_is_for_administrators(server: Server, clinic: httpx.Client) -> None:
    told = ask(clinic)
    assert "FINAL" in told["sql"] and set(told["parameters"]) == {"p1", "p2"}
    read = ask(reader(server, "read"))
    assert (read["sql"], read["parameters"]) == (None, None)
    assert read["totals"] == told["totals"] == {"conversations": 5}


NEEDS = [
    ("read:transcripts", {"where": [{"field": "transcript", "op": "contains", "value": "card"}]}),
    ("read:transcripts", {"by": ["state.secret"]}),
    ("read:transcripts", {"measures": [{"metric": "state.secret", "agg": "max"}]}),
    ("read:transcripts", {"where": [{"not": {"any": [{"field": "attributes.x", "op": "exists"}]}}]}),
    ("read:pii", {"by": ["from_number"]}),
    ("read:pii", {"measures": [{"where": [{"field": "from_number", "op": "eq", "value": "+441632960000"}]}]}),
    ("read:pii", {"measures": [{"metric": "to_number", "agg": "distinct"}]}),
    ("read:pii", {"divide_by": {"metric": "from_number", "agg": "distinct"}}),
    ("read:pii", {"measures": [{"metric": "BOOKED", "agg": "rate", "base": {"metric": "from_number"}}]}),
]


@pytest.mark.parametrize(("scope", "query"), NEEDS)
def test_a_key_cannot_ask_out_what_it_may_not_see(
    server: Server, clinic: httpx.Client, scope: str, query: dict[str, Any]
) -> None:
    for path, body in ((QUERY, query), (BEHIND, {"query": query})):
        refused = reader(server, "read").post(path, json=body)
        assert refused.status_code == 403 and scope in refused.json()["error_message"]
        assert reader(server, "read", scope).post(path, json=body).status_code == 200


def test_counting_callers_needs_no_right_to_their_numbers(server: Server, clinic: httpx.Client) -> None:
    client = reader(server, "read")
    assert ask(client, measures=[{"metric": "callers"}])["totals"] == {"callers": 5}
    masked = behind(client, {}, limit=1)["conversations"][0]["from_number"]
    assert masked == "*" * 11 + "04"
    assert (
        behind(reader(server, "read", "read:pii"), {}, limit=1)["conversations"][0]["from_number"]
        == "+441632960004"
    )


def test_other_projects_are_out_of_reach(server: Server, clinic: httpx.Client) -> None:
    other = server.project("numbers-2")
    assert ask(other)["totals"] == {"conversations": 0}
    unknown = other.post(QUERY, json={"measures": [{"metric": "BOOKED"}]})
    assert (unknown.status_code, unknown.json()["error_code"]) == (400, "QUERY_INVALID")
    bound = reader(server, "read")
    assert bound.post(QUERY, json={}, headers={"x-aftercall-project": "numbers-2"}).status_code == 403
    assert server.client(key="").post(QUERY, json={}).status_code == 401
    assert reader(server, "ingest").post(QUERY, json={}).status_code == 403


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The query must be one JSON object"),
        (b"{", "The query must be one JSON object"),
        (b"[]", "The query is wrong"),
        (b'{"mesures": []}', "The query has no field 'mesures': did you mean 'measures'?"),
        (b'{"where": [{"feld": 1}]}', "where[0] has no field 'feld': did you mean 'field'?"),
        (
            b'{"measures": [{"metric": "BOKED"}]}',
            "measures[0].metric is 'BOKED', and there is no such metric or",
        ),
        (b'{"limit": NaN}', "limit is wrong"),
        (b'{"by": ["\\ud800"]}', "by[0].field is wrong"),
        (
            b'{"where": [{"field": "channel", "op": "eq", "value": "\\ud800"}]}',
            "The query holds half of a surrogate",
        ),
        (b'{"where": ' + b'[{"any": ' * 400 + b"[]" + b"}]" * 400 + b"}", ""),
        (b"[" * 100_000, ""),
        (b'{"limit": ' + b"9" * 5_000 + b"}", ""),
        (b'{"where": [{"field": "channel", "op": "eq", "value": "\\u0000"}], "over": {"all": true}}', None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_bodies_of_the_wrong_form(clinic: httpx.Client, body: bytes, message: str | None) -> None:
    answer = clinic.post(QUERY, content=body, headers={"content-type": "application/json"})
    if message is None:
        assert answer.status_code == 200
        return
    told = answer.json()
    assert answer.status_code == 400, answer.text
    assert set(told) == {"success", "error", "error_id", "error_code", "error_message", "data"}
    assert told["error_message"].startswith(message)
    if message:
        assert (told["error_code"], set(told["data"])) == ("QUERY_INVALID", {"place", "nearest"})


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([QUERY, BEHIND]),
    values
    | st.dictionaries(
        st.sampled_from(
            ["measures", "over", "where", "by", "query", "row", "measure", "limit", "having", "sort"]
        ),
        values,
        max_size=4,
    ),
)
def test_whatever_is_sent(clinic: httpx.Client, path: str, body: Any) -> None:
    answer = clinic.post(path, content=written(body), headers={"content-type": "application/json"})
    assert answer.status_code < 500, answer.text
    json.loads(answer.content)


def test_pages_behind_a_number_are_counted_once(project: httpx.Client) -> None:
    for i in range(5):
        send(project, call(f"c{i}", START + i))
    drill: dict[str, Any] = {"query": {"over": {"all": True}}, "limit": 2}
    seen: list[str] = []
    counts: list[int | None] = []
    cursor = None
    while True:
        page = project.post(f"{QUERY}/conversations", json={**drill, "cursor": cursor}).json()
        seen += [one["id"] for one in page["conversations"]]
        counts.append(page["count"])
        cursor = page["cursor"]
        if cursor is None:
            break
        send(project, call(f"older-{len(seen)}", START - 10_000 * len(seen)))  # comes behind, after the count
    assert seen[:5] == ["c4", "c3", "c2", "c1", "c0"]
    assert set(counts) == {5} and len(counts) >= 3
    plain = project.post(f"{QUERY}/conversations", json={**drill, "count": False}).json()
    assert plain["count"] is None
    assert [one["id"] for one in plain["conversations"]] == ["c4", "c3"]
    drill["cursor"] = plain["cursor"]
    assert project.post(f"{QUERY}/conversations", json={**drill, "count": False}).json()["count"] is None
    assert project.post(f"{QUERY}/conversations", json=drill).json()["count"] == len(seen)
