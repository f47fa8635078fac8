"""The double itself, over plain HTTP: what it does wrong, it does as told."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from aftercall.testing.model_endpoint import ModelCall, ModelEndpoint, Reply

BODY: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
}


def post(
    endpoint: ModelEndpoint, body: dict[str, Any] = BODY, headers: dict[str, str] | None = None
) -> httpx.Response:
    with httpx.Client(timeout=5) as client:
        return client.post(f"{endpoint.url}/chat/completions", json=body, headers=headers)


def test_unscripted_it_answers_ok(endpoint: ModelEndpoint) -> None:
    answer = post(endpoint).json()
    assert answer["choices"][0]["message"]["content"] == "ok"
    assert answer["usage"] == {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    (call,) = endpoint.requests
    assert (call.number, call.path, call.model, call.prompt, call.text, call.tools) == (
        0, "/v1/chat/completions", "m", "u", "s\nu", [],
    )  # fmt: skip


def test_answers_in_turn_the_last_again_and_again(endpoint: ModelEndpoint) -> None:
    post(endpoint)
    endpoint.script("a", Reply("b"), {"c": 1})
    contents = [post(endpoint).json()["choices"][0]["message"]["content"] for _ in range(4)]
    assert contents == ["a", "b", '{"c":1}', '{"c":1}']


def test_a_function_answers(endpoint: ModelEndpoint) -> None:
    endpoint.script(lambda call: f"{call.number}: {call.prompt}")
    assert post(endpoint).json()["choices"][0]["message"]["content"] == "0: u"


def test_an_object_is_a_tool_call_where_tools_are_offered(endpoint: ModelEndpoint) -> None:
    endpoint.script({"a": 1})
    tools = [{"type": "function", "function": {"name": name}} for name in ("look_up", "final_result")]
    (choice,) = post(endpoint, {**BODY, "tools": tools}).json()["choices"]
    (call,) = choice["message"]["tool_calls"]
    assert choice["finish_reason"] == "tool_calls"
    assert call["function"] == {"name": "final_result", "arguments": '{"a":1}'}
    assert endpoint.requests[0].tools == ["look_up", "final_result"]


def test_errors_with_retry_after(endpoint: ModelEndpoint) -> None:
    endpoint.script(Reply(status=429, retry_after=7, error="slow down", error_code="rate_limit_exceeded"))
    answer = post(endpoint)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize("reply", [Reply("x", hang_up=True), Reply("x", cut=True)])
def test_broken_connections(endpoint: ModelEndpoint, reply: Reply) -> None:
    endpoint.script(reply)
    with pytest.raises(httpx.RemoteProtocolError):
        post(endpoint)
    assert len(endpoint.requests) == 1


def test_a_key(endpoint: ModelEndpoint) -> None:
    endpoint.api_key = "k"
    assert post(endpoint).status_code == 401
    assert post(endpoint, headers={"authorization": "Bearer k"}).status_code == 200
    assert post(endpoint, headers={"x-api-key": "k"}).status_code == 200


def test_anthropics_shape(endpoint: ModelEndpoint) -> None:
    endpoint.script("hi", {"a": 1})
    body = {
        "model": "c",
        "system": "s",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "u"}]}],
    }
    with httpx.Client() as client:
        address = f"{endpoint.root}/v1/messages?beta=true"
        text = client.post(address, json=body).json()
        tool = client.post(address, json={**body, "tools": [{"name": "final_result"}]}).json()
    assert (text["content"], text["stop_reason"]) == ([{"type": "text", "text": "hi"}], "end_turn")
    assert (tool["content"][0]["input"], tool["stop_reason"]) == ({"a": 1}, "tool_use")
    assert endpoint.requests[0].text == "s\nu"


def test_it_counts_how_many_are_answered_at_once(endpoint: ModelEndpoint) -> None:
    both = threading.Barrier(2, timeout=10)

    def answer(_: ModelCall) -> str:
        both.wait()
        return "ok"

    endpoint.script(answer)
    threads = [threading.Thread(target=post, args=(endpoint,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert endpoint.at_once == 2


def test_stopping_does_not_wait_for_delayed_answers() -> None:
    endpoint = ModelEndpoint().start()
    endpoint.script(Reply("late", delay_s=60))
    failed = threading.Event()

    def ask() -> None:
        post(endpoint)
        failed.set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    assert endpoint.wait_for(lambda: len(endpoint.requests) == 1)
    endpoint.stop()
    assert failed.wait(5)
    thread.join(5)


@pytest.mark.parametrize("answers", [(), (lambda call: "x", "y")])
def test_a_script_that_makes_no_sense(endpoint: ModelEndpoint, answers: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match="one function, or answers"):
        endpoint.script(*answers)
