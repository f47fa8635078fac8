"""Keys, scopes and projects: who may do what, and what each sees."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from aftercall.web.api.models import KeysShape, NewKeyShape, ProjectsShape, RegistryShape
from tests.servers import Server
from tests.web.calls import START, agent_path, assert_error, call, events_path, listed, metric, send
from tests.web.test_conversations import DAY, rich_call

EVERYTHING = ["read", "read:transcripts", "read:pii"]


@pytest.fixture
def filled(project: httpx.Client) -> httpx.Client:
    send(project, rich_call("rich"))
    function = {
        "kind": "function_call",
        "conversation_id": "rich",
        "name": "pay",
        "at": START,
        "result": "4242",
    }
    send(project, [function])
    return project


def item(client: httpx.Client, slug: str) -> dict[str, Any]:
    found: dict[str, Any] = listed(client, slug)["conversations"][0]
    return found


def test_without_transcripts_nothing_that_was_said_is_shown(
    server: Server, filled: httpx.Client, slug: str
) -> None:
    reader = server.client(key=server.new_key(["read", "read:pii"], slug))
    told = item(reader, slug)
    assert (told["turns"], told["state"]) == ([], {})
    assert (told["num_turns"], told["metrics"]["REASON"]) == (3, "cleaning")
    one = reader.get(agent_path(slug, "rich")).json()
    assert (one["turns"], one["functionEvents"]) == ([], [])
    assert_error(reader.get(events_path(slug, "rich")), 403, "FORBIDDEN")


def test_without_transcripts_they_cannot_be_searched_either(
    server: Server, filled: httpx.Client, slug: str
) -> None:
    reader = server.client(key=server.new_key(["read"], slug))
    params = {"query_type": "transcript", "query": "cleaning", **DAY}
    answer = reader.get(f"/v3/default/{slug}/conversations", params=params)
    assert "read:transcripts" in assert_error(answer, 403, "FORBIDDEN")


def test_without_pii_numbers_end_in_their_last_two_digits(
    server: Server, filled: httpx.Client, slug: str
) -> None:
    reader = server.client(key=server.new_key(["read", "read:transcripts"], slug))
    told = item(reader, slug)
    assert (told["from_number"], told["to_number"]) == ("***********23", "***********00")
    one = reader.get(agent_path(slug, "rich")).json()
    assert (one["fromNumber"], one["toNumber"]) == ("***********23", "***********00")
    whole = item(server.client(key=server.new_key(EVERYTHING, slug)), slug)
    assert whole["from_number"] == "+447700900123"
    assert len(whole["turns"]) == 3


@pytest.mark.parametrize(("number", "shown"), [("1234", "****"), ("12345", "***45"), ("1", "*"), ("", "")])
def test_short_numbers_are_hidden_whole(
    server: Server, project: httpx.Client, slug: str, number: str, shown: str
) -> None:
    send(project, call("c", from_number=number))
    assert item(server.client(key=server.new_key(["read"], slug)), slug)["from_number"] == shown


@pytest.mark.parametrize(
    "key", ["", "x", "ac_live_", "ac_live_" + "f" * 64, "ac_live_" + "é" * 64, "a" * 9000]
)
def test_no_key_and_wrong_keys(server: Server, key: str) -> None:
    headers = [(b"x-api-key", key.encode())] if key else []
    answer = server.client(key="").get("/v1/projects", headers=headers)
    assert_error(answer, 401, "UNAUTHORIZED")


def test_a_bearer_token_is_as_good(server: Server) -> None:
    client = server.client(key="")
    assert client.get("/v1/projects", headers={"Authorization": f"Bearer {server.key}"}).status_code == 200
    assert_error(client.get("/v1/projects", headers={"Authorization": "Basic eDp5"}), 401, "UNAUTHORIZED")


def test_a_projects_key_reaches_its_project_only(server: Server, project: httpx.Client, slug: str) -> None:
    other = f"{slug}-other"
    server.project(other)
    mine = server.client(key=server.new_key([*EVERYTHING, "admin"], slug))
    assert listed(mine, slug)["conversations"] == []
    assert [one["slug"] for one in mine.get("/v1/projects").json()["projects"]] == [slug]
    for path in (
        f"/v3/default/{other}/conversations",
        "/v3/default/no-such-project/conversations",
        f"/v1/agents/{other}/conversations",
        f"/v1/conversations/{other}/c/events",
        f"/v1/projects/{other}/registry",
    ):
        assert slug in assert_error(mine.get(path), 403, "FORBIDDEN")
    assert_error(mine.get("/v1/rejects", headers={"x-aftercall-project": other}), 403, "FORBIDDEN")
    assert_error(mine.post("/v1/projects", json={"slug": "one-more"}), 403, "FORBIDDEN")


def test_a_projects_administrator_makes_no_wider_keys(
    server: Server, project: httpx.Client, slug: str
) -> None:
    mine = server.client(key=server.new_key(["admin"], slug))
    new = {"name": "x", "scopes": ["admin"]}
    assert slug in assert_error(mine.post("/v1/keys", json=new), 403, "FORBIDDEN")
    assert_error(mine.post("/v1/keys", json={**new, "project": "elsewhere"}), 403, "FORBIDDEN")
    assert mine.post("/v1/keys", json={**new, "project": slug}).status_code == 201
    keys = mine.get("/v1/keys").json()["keys"]
    assert {one["project"] for one in keys} == {slug}
    account_wide = next(
        one["id"] for one in server.client().get("/v1/keys").json()["keys"] if not one["project"]
    )
    assert_error(mine.delete(f"/v1/keys/{account_wide}"), 404, "KEY_NOT_FOUND")
    assert mine.delete(f"/v1/keys/{keys[-1]['id']}").json()["revoked_at"]


def test_keys_are_shown_once_and_end_at_once(server: Server, project: httpx.Client, slug: str) -> None:
    admin = server.client()
    answer = admin.post("/v1/keys", json={"name": "agent", "scopes": ["read", "ingest"], "project": slug})
    assert answer.status_code == 201
    NewKeyShape.model_validate(answer.json())
    made = answer.json()
    key = made.pop("key")
    assert (made["scopes"], made["project"], made["revoked_at"]) == (["ingest", "read"], slug, None)
    assert key.startswith(made["prefix"])
    told = admin.get("/v1/keys")
    KeysShape.model_validate(told.json())
    assert key not in told.text
    assert made["id"] in [one["id"] for one in told.json()["keys"]]
    client = server.client(key=key)
    assert client.get("/v1/projects").status_code == 200
    revoked = admin.delete(f"/v1/keys/{made['id']}").json()
    assert revoked["revoked_at"]
    assert admin.delete(f"/v1/keys/{made['id']}").json() == revoked
    assert_error(client.get("/v1/projects"), 401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ({"name": "x", "scopes": []}, '"scopes"'),
        ({"name": "x", "scopes": ["reed"]}, '"scopes.0"'),
        ({"scopes": ["read"]}, '"name"'),
        ({"name": 5, "scopes": ["read"]}, '"name"'),
        ({"name": "x", "scopes": "read"}, '"scopes"'),
        ({"name": "x", "scopes": ["read"], "role": "king"}, '"role"'),
    ],
)
def test_wrong_new_keys_are_explained(server: Server, new: dict[str, Any], says: str) -> None:
    assert says in assert_error(server.client().post("/v1/keys", json=new), 400, "INVALID_BODY")


def test_a_key_for_a_project_that_is_not(server: Server) -> None:
    new = {"name": "x", "scopes": ["read"], "project": "nobodys"}
    assert_error(server.client().post("/v1/keys", json=new), 404, "PROJECT_NOT_FOUND")


def test_projects(server: Server, slug: str) -> None:
    admin = server.client()
    new = {"slug": slug, "name": "Zähne & Co", "timezone": "Europe/Berlin", "currency": "EUR"}
    made = admin.post("/v1/projects", json=new)
    assert made.status_code == 201
    assert made.json() | new == made.json()
    told = admin.get("/v1/projects").json()
    ProjectsShape.model_validate(told)
    assert made.json() in told["projects"]
    assert_error(admin.post("/v1/projects", json=new), 409, "PROJECT_EXISTS")
    assert_error(admin.post("/v1/projects", json={**new, "timezone": "Mars"}), 400, "INVALID_TIMEZONE")
    assert_error(server.client(key=server.new_key(["read"])).post("/v1/projects", json=new), 403, "FORBIDDEN")


def test_the_registry_lists_what_was_written(project: httpx.Client, slug: str) -> None:
    before = project.get(f"/v1/projects/{slug}/registry").json()
    RegistryShape.model_validate(before)
    assert before["metrics"] == []
    send(
        project,
        [
            metric("c", "BOOKED"),
            metric("c", "PRICE", 5),
            metric("c", "Größe!", "x"),
            metric("c", "NIL", None),
        ],
    )
    told = project.get(f"/v1/projects/{slug}/registry").json()
    RegistryShape.model_validate(told)
    assert {(one["name"], one["type"], one["auto"]) for one in told["metrics"]} == {
        ("BOOKED", "boolean", True),
        ("PRICE", "number", True),
        ("Größe!", "text", True),
    }
    assert told["revision"] > before["revision"]
    assert_error(project.get("/v1/projects/nobody/registry"), 404, "PROJECT_NOT_FOUND")
