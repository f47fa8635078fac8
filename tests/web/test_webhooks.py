"""Webhooks over the API: made, changed, tried, removed; their secrets shown once; the log of deliveries."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftercall.web.api.postcall_models import (
    DeliveriesShape,
    DeliveryShape,
    WebhookSecretShape,
    WebhookShape,
    WebhooksShape,
    WebhookTestShape,
)
from tests import servers
from tests.jobs.receiver import Receiver, Request, receiver, status
from tests.servers import Server
from tests.web.calls import START, agent_path, assert_error, call, send
from tests.web.test_after_the_call import GOOD, add_agent, until

URL = "https://crm.example.com/hook"


def make(client: httpx.Client, **new: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": URL, **new})
    assert answer.status_code == 201, answer.text
    WebhookSecretShape.model_validate(answer.json())
    made: dict[str, Any] = answer.json()
    return made


def is_signed(request: Request, secret: str) -> bool:
    signed = f"{request.headers['x-aftercall-timestamp']}.".encode() + request.body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, request.headers["x-aftercall-signature"])


def test_the_secret_is_shown_once(project: httpx.Client, slug: str) -> None:
    made = make(project, name="CRM")
    secret = made.pop("secret")
    assert len(secret) >= 32
    assert (made["name"], made["url"], made["active"], made["project_id"]) == ("CRM", URL, True, slug)
    told = project.get("/v1/webhooks")
    WebhooksShape.model_validate(told.json())
    assert told.json() == {"webhooks": [made]}
    one = project.get(f"/v1/webhooks/{made['id']}")
    WebhookShape.model_validate(one.json())
    assert one.json() == made
    changed = project.patch(f"/v1/webhooks/{made['id']}", json={"active": False, "name": "the CRM"}).json()
    assert (changed["active"], changed["name"], changed["url"]) == (False, "the CRM", URL)
    assert secret not in told.text + one.text + str(changed)
    renewed = project.post(f"/v1/webhooks/{made['id']}/secret").json()
    WebhookSecretShape.model_validate(renewed)
    assert renewed["secret"] not in ("", secret)
    own = project.post(f"/v1/webhooks/{made['id']}/secret", json={"secret": "of my own choosing"}).json()
    assert own["secret"] == "of my own choosing"
    assert make(project)["name"] == "crm.example.com"


def test_removed_ones_are_gone(project: httpx.Client) -> None:
    made = make(project)
    removed = project.delete(f"/v1/webhooks/{made['id']}")
    assert (removed.status_code, removed.json()["id"]) == (200, made["id"])
    assert project.get("/v1/webhooks").json() == {"webhooks": []}
    for method, what in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/secret"), ("POST", "/test")):
        body: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
        answer = project.request(method, f"/v1/webhooks/{made['id']}{what}", **body)
        assert_error(answer, 404, "WEBHOOK_NOT_FOUND")


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ({}, "INVALID_BODY"),
        ({"url": 5}, "INVALID_BODY"),
        ({"url": URL, "colour": "red"}, "INVALID_BODY"),
        ({"url": ""}, "INVALID_TEXT"),
        ({"url": "ftp://example.com"}, "WEBHOOK_URL_INVALID"),
        ({"url": "https://"}, "WEBHOOK_URL_INVALID"),
        ({"url": "https://user:pass@example.com"}, "WEBHOOK_URL_INVALID"),
        ({"url": "https://example.com:99999"}, "WEBHOOK_URL_INVALID"),
        ({"url": "https://exämple.com"}, "WEBHOOK_URL_INVALID"),
        ({"url": URL, "secret": "short"}, "INVALID_TEXT"),
        ({"url": URL, "name": "a\0b"}, "INVALID_TEXT"),
    ],
)
def test_wrong_ones_are_explained(project: httpx.Client, new: dict[str, Any], code: str) -> None:
    assert_error(project.post("/v1/webhooks", json=new), 400, code)
    assert project.get("/v1/webhooks").json() == {"webhooks": []}


def test_another_projects_are_not_there(server: Server, project: httpx.Client, slug: str) -> None:
    made = make(project)
    other = server.project(f"{slug}-other")
    assert other.get("/v1/webhooks").json() == {"webhooks": []}
    for method, what in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/secret"), ("POST", "/test")):
        body: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
        answer = other.request(method, f"/v1/webhooks/{made['id']}{what}", **body)
        assert_error(answer, 404, "WEBHOOK_NOT_FOUND")
    mine = server.client(key=server.new_key(["admin"], f"{slug}-other"))
    answer = mine.get("/v1/webhooks", headers={"x-aftercall-project": slug})
    assert_error(answer, 403, "FORBIDDEN")
    assert [one["id"] for one in project.get("/v1/webhooks").json()["webhooks"]] == [made["id"]]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://[::1]:9/x", "http://169.254.169.254/latest"])
def test_a_test_does_not_reach_into_the_network(project: httpx.Client, url: str) -> None:
    made = make(project, url=url)
    answer = project.post(f"/v1/webhooks/{made['id']}/test")
    WebhookTestShape.model_validate(answer.json())
    told = answer.json()
    assert (told["delivered"], told["response_code"]) == (False, None)
    assert "AFTERCALL_WEBHOOK_ALLOW_PRIVATE" in told["error"]


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "9" * 40])
def test_ids_beyond_any(project: httpx.Client, number: str) -> None:
    assert_error(project.get(f"/v1/webhooks/{number}"), 404, "WEBHOOK_NOT_FOUND")
    assert project.get(f"/v1/deliveries?webhook_id={number}").json()["deliveries"] == []
    assert_error(project.get(f"/v1/deliveries/{number}"), 404, "DELIVERY_NOT_FOUND")
    assert_error(project.post(f"/v1/deliveries/{number}/redeliver"), 404, "DELIVERY_NOT_FOUND")


@pytest.fixture
def hooked() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


@pytest.mark.slow
def test_deliveries_from_the_call_to_the_log(tmp_path: Path, hooked: Receiver) -> None:
    env = {"AFTERCALL_WEBHOOK_ALLOW_PRIVATE": "1"}
    with servers.server(tmp_path / "home", env) as server:
        project = server.project("clinic")
        hook = make(project, url=hooked.url)
        test = project.post(f"/v1/webhooks/{hook['id']}/test").json()
        assert test == {"delivered": True, "response_code": 204, "error": None}
        (tried,) = hooked.requests
        assert is_signed(tried, hook["secret"])
        assert (tried.json["event"], tried.json["project_id"]) == ("webhook.test", "clinic")
        assert tried.headers["x-aftercall-event"] == "webhook.test"
        assert project.get("/v1/deliveries").json() == {"deliveries": [], "cursor": None}
        hooked.script = status(404, b"no such hook")
        assert project.post(f"/v1/webhooks/{hook['id']}/test").json() == {
            "delivered": False,
            "response_code": 404,
            "error": "HTTP 404: no such hook",
        }
        hooked.script = status(204)
        hooked.requests.clear()

        add_agent(server, "clinic", tmp_path / "agent", GOOD)
        for number in range(3):
            send(project, call(f"c{number}", START + number, from_number="+447700900123"))

        def log(**params: Any) -> dict[str, Any]:
            answer = project.get("/v1/deliveries", params=params)
            DeliveriesShape.model_validate(answer.json())
            found: dict[str, Any] = answer.json()
            return found

        until(lambda: len(log(status="delivered")["deliveries"]) == 3)
        first = next(r for r in hooked.requests if r.json["conversation"]["conversationId"] == "c0")
        assert is_signed(first, hook["secret"])
        told = first.json["conversation"]
        assert told == project.get(agent_path("clinic", "c0")).json()  # as an administrator sees it
        assert (told["fromNumber"], told["metrics"]) == ("+447700900123", {"TURNS": "2"})
        page = log(limit=2)
        rest = log(limit=2, cursor=page["cursor"])
        assert rest["cursor"] is None
        everything = page["deliveries"] + rest["deliveries"]
        assert sorted(one["conversation_id"] for one in everything) == ["c0", "c1", "c2"]
        (one,) = log(conversation_id="c0", webhook_id=hook["id"])["deliveries"]
        assert one == project.get(f"/v1/deliveries/{one['id']}").json()
        assert (one["status"], one["tries"], one["response_code"], one["error"]) == (
            "delivered",
            1,
            204,
            None,
        )
        assert one["id"] == first.headers["x-aftercall-delivery"] == first.json["delivery_id"]
        assert project.get("/v1/postcall").json()["counts"]["deliveries"]["delivered"] == 3

        renewed = project.post(f"/v1/webhooks/{hook['id']}/secret").json()
        hooked.requests.clear()
        answer = project.post(f"/v1/deliveries/{one['id']}/redeliver")
        DeliveryShape.model_validate(answer.json())
        assert answer.status_code == 202
        until(lambda: hooked.requests)
        (again,) = hooked.requests
        assert again.headers["x-aftercall-delivery"] == one["id"]
        assert is_signed(again, renewed["secret"])
        assert not is_signed(again, hook["secret"])

        other = server.project("elsewhere")
        assert_error(other.get(f"/v1/deliveries/{one['id']}"), 404, "DELIVERY_NOT_FOUND")
        assert_error(other.post(f"/v1/deliveries/{one['id']}/redeliver"), 404, "DELIVERY_NOT_FOUND")
        assert other.get("/v1/deliveries").json()["deliveries"] == []
        assert_error(other.get("/v1/deliveries", params={"cursor": page["cursor"]}), 400, "INVALID_INPUT")
        until(lambda: log(status="pending")["deliveries"] == [])
        assert project.delete(f"/v1/webhooks/{hook['id']}").status_code == 200
        assert log()["deliveries"] == []
        send(project, call("after", START))
        assert hook["secret"] not in server.log
