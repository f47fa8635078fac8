"""The v3 list, field by field and parameter by parameter, as existing clients know it."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from aftercall.web.api.models import ConversationsShape
from tests.servers import Server
from tests.web.calls import START, assert_error, call, end, ids, listed, metric, send, start, turn

FILTER = "GET_CONVERSATIONS_FILTER_PARSE_ERROR"
DAY = {"start_time": "2026-03-01", "end_time": "2026-03-02"}


def rich_call(cid: str) -> list[dict[str, Any]]:
    """One call with something in every field."""
    return [
        start(
            cid,
            channel="chat",
            from_number="+447700900123",
            to_number="+442079460000",
            variant_id="v2",
            variant_name="calm",
            language="en-GB",
            direction="inbound",
            agent_version="2026-02-27",
            tags=["new", "vip"],
            attributes={"crm": 7},
        ),
        turn(cid, "agent", "Hello, how can I help?", START + 500, latency_ms=300),
        turn(cid, "user", "I'd like", START + 2_000, intents=["book"]),
        turn(
            cid,
            "user",
            "a cleaning",
            START + 3_000,
            dtmf="1",
            translated_text="une visite",
            entities=[{"day": 5}],
        ),
        turn(
            cid,
            "agent",
            "On Friday",
            START + 4_000,
            interrupted=True,
            latency_ms=820.5,
            translated_text="Friday",
        ),
        turn(cid, "agent", "or Monday?", START + 5_000),
        turn(cid, "user", "", START + 7_000, is_silence=True, is_ood=True),
        metric(cid, "BOOKED"),
        metric(cid, "REASON", "cleaning"),
        metric(cid, "SMS_SENT", "a", at=START + 6_000),
        metric(cid, "SMS_SENT", "b", at=START + 6_001),
        metric(cid, "NOTHING_KNOWN", None),
        metric(cid, "PRICE", 12.50),
        metric(cid, "COUNT", 3.0),
        metric(cid, "LATE", False),
        metric(cid, "ODD", {"a": [1, None]}),
        metric(cid, "WRONG", "<object>", invalid="an object is no metric value"),
        {
            "kind": "state",
            "conversation_id": cid,
            "at": START + 6_500,
            "set": {"n": 1, "when": {"$date": "2026-03-06"}},
        },
        {
            "kind": "handoff",
            "conversation_id": cid,
            "at": START + 41_900,
            "reason": "billing",
            "destination": "desk",
        },
        end(cid, START + 48_999, reason="handoff"),
    ]


def test_every_field_of_an_item(server: Server, project: httpx.Client, slug: str) -> None:
    send(project, rich_call("rich"))
    told = listed(project, slug, include_latency=True)
    ConversationsShape.model_validate(told)
    assert set(told) == {"conversations", "cursor"}
    (item,) = told["conversations"]
    turns = item.pop("turns")
    assert item == {
        "id": "rich",
        "account_id": "default",
        "project_id": slug,
        "variant_id": "v2",
        "variant_name": "calm",
        "environment": "live",
        "started_at": "2026-03-01T09:30:00.000Z",
        "channel": "chat",
        "from_number": "+447700900123",
        "to_number": "+442079460000",
        "in_progress": False,
        "num_turns": 3,
        "total_duration": 48,
        "polyai_duration": 41,
        "handoff": True,
        "handoff_reason": "billing",
        "handoff_destination": "desk",
        "num_silences": 1,
        "num_ood": 1,
        "metrics": {
            "BOOKED": "true",
            "REASON": "cleaning",
            "SMS_SENT": ["a", "b"],
            "PRICE": "12.5",
            "COUNT": "3",
            "LATE": "false",
            "ODD": '{"a":[1,null]}',
            "WRONG": "<object>",
        },
        "state": {"n": 1, "when": "2026-03-06"},
    }
    empty: dict[str, Any] = {
        "user_input": "",
        "user_input_dtmf": "",
        "user_input_datetime": None,
        "barge_in": False,
        "agent_response": "",
        "agent_response_datetime": None,
        "latency": None,
        "translated_user_input": "",
        "english_agent_response": "",
        "intents": [],
        "entities": [],
        "is_ood": False,
        "is_silence": False,
    }
    assert turns == [
        empty
        | {
            "agent_response": "Hello, how can I help?",
            "agent_response_datetime": "2026-03-01T09:30:00.500Z",
            "latency": 300,
        },
        empty
        | {
            "user_input": "I'd like a cleaning",
            "user_input_dtmf": "1",
            "user_input_datetime": "2026-03-01T09:30:02.000Z",
            "barge_in": True,
            "agent_response": "On Friday or Monday?",
            "agent_response_datetime": "2026-03-01T09:30:04.000Z",
            "latency": 820.5,
            "translated_user_input": "une visite",
            "english_agent_response": "Friday",
            "intents": ["book"],
            "entities": [{"day": 5}],
        },
        empty | {"user_input_datetime": "2026-03-01T09:30:07.000Z", "is_ood": True, "is_silence": True},
    ]


def test_a_call_of_which_little_is_known(project: httpx.Client, slug: str) -> None:
    send(project, [turn("bare", "user", "hello", START)])
    told = listed(project, slug)
    ConversationsShape.model_validate(told)
    (item,) = told["conversations"]
    assert item["in_progress"] is True
    assert (item["total_duration"], item["polyai_duration"]) == (0, 0)
    assert (item["environment"], item["channel"], item["handoff"]) == ("live", "voice", False)
    assert (item["metrics"], item["state"]) == ({}, {})
    unknown = [
        "variant_id",
        "variant_name",
        "from_number",
        "to_number",
        "handoff_reason",
        "handoff_destination",
    ]
    assert all(item[name] is None for name in unknown)


def test_latency_only_when_asked_for(project: httpx.Client, slug: str) -> None:
    send(project, [turn("c", "agent", "hi", START, latency_ms=300)])
    assert listed(project, slug)["conversations"][0]["turns"][0]["latency"] is None
    assert listed(project, slug, include_latency="true")["conversations"][0]["turns"][0]["latency"] == 300


def test_an_end_before_the_start_lasts_no_time(project: httpx.Client, slug: str) -> None:
    send(project, [start("c", START), end("c", START - 5_000)])
    (item,) = listed(project, slug)["conversations"]
    assert (item["in_progress"], item["total_duration"], item["polyai_duration"]) == (False, 0, 0)


@pytest.fixture
def varied(project: httpx.Client) -> httpx.Client:
    hour = 3_600_000
    send(project, call("chat", START, channel="chat", variant_id="v1", variant_name="brisk"))
    send(project, call("sms", START + hour, channel="sms", variant_id="v2", variant_name="calm voice"))
    send(project, call("voice", START + 2 * hour, from_number="+1"))
    send(project, call("test", START + 3 * hour, environment="sandbox"))
    send(project, [start("running", START + 4 * hour)])
    return project


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["running", "voice", "sms", "chat"]),
        ({"client_env": "sandbox"}, ["test"]),
        ({"client_env": "pre-release"}, []),
        ({"channel": "chat"}, ["chat"]),
        ({"channel": ["chat", "sms"]}, ["sms", "chat"]),
        ({"variant_id": "v1"}, ["chat"]),
        ({"variant_name": "calm voice"}, ["sms"]),
        ({"in_progress": "true"}, ["running"]),
        ({"in_progress": "false"}, ["voice", "sms", "chat"]),
        ({"start_time": "2026-03-01T10:30:00Z"}, ["running", "voice", "sms"]),
        ({"end_time": "2026-03-01T10:30:00Z"}, ["chat"]),
        ({"start_time": "2026-03-01T11:30:00+01:00", "end_time": "2026-03-01T10:31:00"}, ["sms"]),
        ({"start_time": START + 1, "end_time": START + 3_600_001}, ["sms"]),
        ({"start_time": "0001-01-01", "end_time": "9999-12-31"}, ["running", "voice", "sms", "chat"]),
        (
            {"start_time": "-99999999999999", "end_time": "9999999999999999"},
            ["running", "voice", "sms", "chat"],
        ),
        ({"start_time": "9000-01-01"}, []),
        ({"limit": 2}, ["running", "voice"]),
        ({"limit": 2, "offset": 1}, ["voice", "sms"]),
        ({"offset": 4}, []),
        ({"offset": 10**9}, []),
    ],
    ids=str,
)
def test_filters(varied: httpx.Client, slug: str, params: dict[str, Any], expected: list[str]) -> None:
    assert ids(varied, slug, **params) == expected


def test_an_unescaped_plus_in_a_time_is_understood(varied: httpx.Client, slug: str) -> None:
    answer = varied.get(f"/v3/default/{slug}/conversations?start_time=2026-03-01T14:30:00+01:00")
    assert [one["id"] for one in answer.json()["conversations"]] == ["running"]


def test_transcript_search(project: httpx.Client, slug: str) -> None:
    send(
        project, [turn("a", "user", "My INSURANCE has lapsed", START), turn("a", "agent", "I see", START + 1)]
    )
    send(project, [turn("b", "user", "hello", START), turn("b", "agent", "insurance, you say?", START + 1)])
    send(project, [turn("c", "user", "¿Dónde está la clínica?", START)])

    def found(query: str, **more: str) -> set[str]:
        return set(ids(project, slug, query_type="transcript", query=query, **DAY, **more))

    assert found("insurance") == {"a", "b"}
    assert found("insurance", turn_type="user") == {"a"}
    assert found("insurance", turn_type="agent") == {"b"}
    assert found("Lapsed insurance") == {"a"}
    assert found("insurance hello") == set()
    assert found("CLÍNICA") == {"c"}
    assert found("insur") == set()
    assert found("'; DROP TABLE turns; --") == set()
    assert (
        set(
            ids(
                project,
                slug,
                query_type="transcript",
                query="hello",
                start_time="2026-03-02",
                end_time="2026-03-03",
            )
        )
        == set()
    )


def test_a_random_sample(project: httpx.Client, slug: str) -> None:
    events = [event for i in range(30) for event in call(f"c{i}", START + i * 1000)]
    send(project, events)
    draws = {tuple(ids(project, slug, sample="random", limit=5, **DAY)) for _ in range(6)}
    assert all(len(set(draw)) == 5 for draw in draws)
    assert len(draws) > 1
    whole = listed(project, slug, sample="random", **DAY)
    assert len(whole["conversations"]) == 30
    assert whole["cursor"] is None
    assert "next_offset" not in listed(project, slug, sample="random", limit=5, **DAY)


def pages(client: httpx.Client, slug: str, limit: int, between: Any = None) -> list[str]:
    """All pages by cursor; ``between`` is called after each."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        told = listed(client, slug, limit=limit, **({"cursor": cursor} if cursor else {}))
        found += [one["id"] for one in told["conversations"]]
        cursor = told["cursor"]
        if cursor is None:
            return found
        if between:
            between()


def test_pages_are_stable_while_calls_come_in_and_move(project: httpx.Client, slug: str) -> None:
    # Some start in the same millisecond: the id decides then.
    starts = [START + (i // 3) * 1000 for i in range(20)]
    send(project, [event for i, at in enumerate(starts) for event in call(f"c{i:02}", at)])
    expected = [f"c{i:02}" for i in sorted(range(20), key=lambda i: (starts[i], i), reverse=True)]
    assert pages(project, slug, 3) == expected
    newer = iter(range(1000))

    def meanwhile() -> None:
        send(project, call(f"new-{next(newer)}", START + 10_000_000 + next(newer)))
        send(project, [turn("c19", "user", "one more thing", START + 9_000)])

    assert pages(project, slug, 3, meanwhile) == expected


def test_offset_pages_say_where_the_next_begins(project: httpx.Client, slug: str) -> None:
    send(project, [event for i in range(5) for event in call(f"c{i}", START + i)])
    first = listed(project, slug, limit=2)
    assert first["next_offset"] == 2
    second = listed(project, slug, limit=2, offset=2)
    assert second["next_offset"] == 4
    last = listed(project, slug, limit=2, offset=4)
    assert "next_offset" not in last
    assert last["cursor"] is None
    assert [one["id"] for page in (first, second, last) for one in page["conversations"]] == [
        "c4",
        "c3",
        "c2",
        "c1",
        "c0",
    ]


def test_a_cursor_beats_an_offset(project: httpx.Client, slug: str) -> None:
    send(project, [event for i in range(5) for event in call(f"c{i}", START + i)])
    cursor = listed(project, slug, limit=2)["cursor"]
    assert ids(project, slug, limit=2, cursor=cursor, offset=3) == ["c2", "c1"]


def unpacked(cursor: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return told


def packed(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def test_damaged_forged_and_foreign_cursors(server: Server, project: httpx.Client, slug: str) -> None:
    send(project, [event for i in range(3) for event in call(f"c{i}", START + i)])
    good = listed(project, slug, limit=1)["cursor"]
    told = unpacked(good)
    other = server.project(f"{slug}-other")
    send(other, [event for i in range(3) for event in call(f"c{i}", START + i)])
    foreign = listed(other, f"{slug}-other", limit=1)["cursor"]
    bad = [
        "",
        "x",
        "%%%",
        good[:-3],
        good + "A",
        good.swapcase(),
        packed(5),
        packed([]),
        packed({**told, "v": 2}),
        packed({**told, "at": told["at"] + 1}),
        packed({**told, "at": "soon"}),
        packed({**told, "at": 10**40}),
        packed({**told, "id": None}),
        packed({**told, "sum": "0"}),
        packed("[" * 10_000),
        foreign,
    ]
    for cursor in bad:
        answer = project.get(f"/v3/default/{slug}/conversations", params={"cursor": cursor})
        assert '"cursor"' in assert_error(answer, 400, FILTER), cursor


WRONG = [
    ("limit=0", '"limit"'),
    ("limit=5001", '"limit"'),
    ("limit=ten", '"limit"'),
    ("offset=-1", '"offset"'),
    ("offset=99999999999999999999999", '"offset"'),
    ("query_type=regex", '"query_type"'),
    ("query_type=transcript&start_time=2026-03-01&end_time=2026-03-02", '"query"'),
    ("query_type=transcript&query=x", '"start_time"'),
    ("query_type=transcript&query=x&start_time=2026-03-01", '"end_time"'),
    ("query_type=transcript&query=&start_time=2026-03-01&end_time=2026-03-02", '"query"'),
    ("query_type=transcript&query=%3F!&start_time=2026-03-01&end_time=2026-03-02", '"query"'),
    ("query=x", '"query_type=transcript"'),
    ("sample=random", '"sample"'),
    ("sample=first&start_time=2026-03-01&end_time=2026-03-02", '"sample"'),
    ("sample=random&query_type=transcript&query=x&start_time=2026-03-01&end_time=2026-03-02", "exclude"),
    ("sample=random&offset=1&start_time=2026-03-01&end_time=2026-03-02", '"offset"'),
    ("turn_type=user", '"turn_type"'),
    ("turn_type=bot", '"turn_type"'),
    ("start_time=yesterday", '"start_time"'),
    ("end_time=2026-13-01", '"end_time"'),
    ("start_time=2026-03-02&end_time=2026-03-01", '"end_time"'),
    ("variant_id=a&variant_name=b", "exclude"),
    ("in_progress=maybe", '"in_progress"'),
    ("include_latency=2", '"include_latency"'),
    ("chanel=voice", 'did you mean "channel"'),
    ("zzzzzzz=1", '"zzzzzzz" is no parameter'),
]


@pytest.mark.parametrize(("query", "says"), WRONG)
def test_wrong_parameters_are_named(project: httpx.Client, slug: str, query: str, says: str) -> None:
    answer = project.get(f"/v3/default/{slug}/conversations?{query}")
    assert says in assert_error(answer, 400, FILTER)


def test_semantic_search_comes_later(project: httpx.Client, slug: str) -> None:
    params = {"query_type": "semantic", "query": "angry", **DAY}
    assert "transcript" in assert_error(
        project.get(f"/v3/default/{slug}/conversations", params=params), 501, "NOT_AVAILABLE"
    )


def test_a_project_that_never_received_anything_is_empty(project: httpx.Client, slug: str) -> None:
    assert listed(project, slug) == {"conversations": [], "cursor": None}


def test_an_unknown_project_names_the_nearest(project: httpx.Client, slug: str) -> None:
    answer = project.get(f"/v3/default/{slug}x/conversations")
    assert repr(slug) in assert_error(answer, 404, "PROJECT_NOT_FOUND")


@pytest.mark.slow
def test_five_thousand_at_once(project: httpx.Client, slug: str) -> None:
    for batch in range(5):
        many = range(batch * 1010, (batch + 1) * 1010)
        send(project, [event for i in many for event in call(f"c{i:04}", START + i)])
    told = listed(project, slug, limit=5000)
    assert len(told["conversations"]) == 5000
    rest = listed(project, slug, limit=5000, cursor=told["cursor"])
    assert [one["id"] for one in rest["conversations"]] == [f"c{i:04}" for i in reversed(range(50))]
    assert len(listed(project, slug)["conversations"]) == 1000
