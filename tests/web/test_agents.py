"""/v1/agents: list and get, in camelCase; and ids of every kind."""

from __future__ import annotations

import httpx
import pytest

from aftercall.web.api.models import AgentConversationShape, AgentConversationsShape
from tests.servers import Server
from tests.web.calls import START, agent_path, assert_error, call, events_path, said, send
from tests.web.test_conversations import rich_call


def test_every_field_of_a_conversation(project: httpx.Client, slug: str) -> None:
    cid = "rich"
    function = said("function_call", cid, START + 3_500, id="f1", name="find_slots", duration_ms=210)
    function |= {"arguments": {"day": "Friday"}, "result": ["10:00"]}
    failed = said("function_call", cid, START + 3_600, id="f2", name="pay", error="declined")
    send(project, [*rich_call(cid), function, failed])
    answer = project.get(agent_path(slug, cid))
    assert answer.status_code == 200
    told = answer.json()
    AgentConversationShape.model_validate(told)
    turns, created = told.pop("turns"), told.pop("createdAt")
    assert created > "2026-03-01T09:30:00.000Z"
    assert told == {
        "conversationId": cid,
        "accountId": "default",
        "projectId": slug,
        "startedAt": "2026-03-01T09:30:00.000Z",
        "finishedAt": "2026-03-01T09:30:48.999Z",
        "channel": "chat",
        "fromNumber": "+447700900123",
        "toNumber": "+442079460000",
        "language": "en-GB",
        "variantId": "v2",
        "clientEnv": "live",
        "totalDuration": 48,
        "duration": 41,
        "inProgress": False,
        "handoff": True,
        "handoffDestination": "desk",
        "handoffReason": "billing",
        "direction": "inbound",
        "tags": ["new", "vip"],
        "polyScore": None,
        "shortSummary": None,
        "deploymentId": "2026-02-27",
        "note": None,
        "audioUrl": None,
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
        "functionEvents": [
            {
                "id": "f1",
                "name": "find_slots",
                "startedAt": "2026-03-01T09:30:03.500Z",
                "durationMs": 210,
                "arguments": {"day": "Friday"},
                "result": ["10:00"],
                "error": None,
            },
            {
                "id": "f2",
                "name": "pay",
                "startedAt": "2026-03-01T09:30:03.600Z",
                "durationMs": None,
                "arguments": None,
                "result": None,
                "error": "declined",
            },
        ],
    }
    assert [turn["user_input"] for turn in turns] == ["", "I'd like a cleaning", ""]
    assert [turn["latency"] for turn in turns] == [300, 820.5, None]


def test_the_list_pages_by_offset_and_counts_all(project: httpx.Client, slug: str) -> None:
    send(project, [event for i in range(4) for event in call(f"c{i}", START + i)])
    send(project, call("sandboxed", START + 10, environment="sandbox"))
    answer = project.get(f"/v1/agents/{slug}/conversations", params={"limit": 2, "offset": 1})
    told = answer.json()
    AgentConversationsShape.model_validate(told)
    assert [one["conversationId"] for one in told["conversations"]] == ["c3", "c2"]
    assert (told["count"], told["limit"], told["offset"]) == (5, 2, 1)
    default = project.get(f"/v1/agents/{slug}/conversations").json()
    assert (len(default["conversations"]), default["limit"], default["offset"]) == (5, 50, 0)
    one = project.get(agent_path(slug, "c3")).json()
    assert one == told["conversations"][0]


@pytest.mark.parametrize("query", ["limit=0", "limit=5001", "offset=-1", "cursor=x"])
def test_wrong_parameters_are_named(project: httpx.Client, slug: str, query: str) -> None:
    message = assert_error(project.get(f"/v1/agents/{slug}/conversations?{query}"), 400, "INVALID_INPUT")
    assert f'"{query.partition("=")[0]}"' in message


IDS = [
    "plain",
    "with/slash",
    "/leading",
    "trailing/",
    "a//b",
    "x/audio",
    "/audio",
    "audio",
    "x/events",
    "events",
    "what?is=this&that",
    "a#b",
    "100%",
    "%2F",
    "%00",
    "+1 (555) 0100",
    " spaced  out ",
    "🙂 naïve 中文 עברית",
    "...",
    "../../v1/keys",
    ";a=b",
    "\\",
    "'; DROP TABLE events; --",
    "{conversations:String}",
    "e\u0301",
    "c" * 512,
    "🙂" * 512,
]


@pytest.mark.parametrize("cid", IDS, ids=lambda cid: ascii(cid)[:30])
def test_ids_may_be_anything(project: httpx.Client, slug: str, cid: str) -> None:
    send(project, [*call(cid), *call(f"{cid[:400]}-neighbour")])
    answer = project.get(agent_path(slug, cid))
    assert answer.status_code == 200, answer.text
    assert answer.json()["conversationId"] == cid
    assert len(answer.json()["turns"]) == 1
    events = project.get(events_path(slug, cid))
    assert events.json()["conversation_id"] == cid
    assert len(events.json()["events"]) == 4


def test_slashes_that_are_not_escaped_work_too(project: httpx.Client, slug: str) -> None:
    send(project, call("a/b c"))
    assert project.get(f"/v1/agents/{slug}/conversations/a/b c").json()["conversationId"] == "a/b c"


@pytest.mark.parametrize("escaped", ["%00", "a%00b", "%FF%FE", "%ED%A0%80", "nobody", "", "c" * 5000])
def test_there_is_no_such_conversation(project: httpx.Client, slug: str, escaped: str) -> None:
    assert_error(project.get(f"/v1/agents/{slug}/conversations/{escaped}"), 404, "CONVERSATIONS_NOT_FOUND")
    assert_error(project.get(f"/v1/conversations/{slug}/{escaped}/events"), 404, "CONVERSATIONS_NOT_FOUND")


def test_a_recording_is_not_there_yet(project: httpx.Client, slug: str) -> None:
    send(project, call("c"))
    for query in ("", "?direction=user&redacted=true"):
        answer = project.get(agent_path(slug, "c") + "/audio" + query)
        assert_error(answer, 501, "NOT_AVAILABLE")


def test_an_agent_is_a_project_of_the_keys_account(server: Server, project: httpx.Client, slug: str) -> None:
    send(project, call("c"))
    other = server.client(key=server.new_key(["read"], server_project(server, f"{slug}-other")))
    assert_error(other.get(agent_path(slug, "c")), 403, "FORBIDDEN")
    assert_error(project.get("/v1/agents/nobody/conversations/c"), 404, "PROJECT_NOT_FOUND")


def server_project(server: Server, slug: str) -> str:
    server.project(slug)
    return slug
