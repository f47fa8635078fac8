"""No key in anything that is shown, no prompt in any log, and no text out of the machine unredacted."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from aftercall.llm import ChatCompletionError, Door
from aftercall.llm.secret import scrub
from aftercall.testing.model_endpoint import ModelCall, ModelEndpoint, Reply
from tests.llm.conftest import FakeTime, OpenDoor

KEY = "hush-1234-abcd"
PROMPT = "Is Mrs Xyzzyworth pregnant?"


def everything_about(error: BaseException) -> str:
    """What any tool that reports errors could show, contexts that are suppressed included."""
    seen: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None:
            seen += [str(one), repr(one), str(vars(one)), "".join(traceback.format_exception(one))]
            waiting += [one.__cause__, one.__context__]
    return "\n".join(seen)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401, error=f"Incorrect API key provided: {KEY}"),
        Reply(status=400, error=f"you sent Authorization: Bearer {KEY}"),
        Reply(status=400, error="your key sk-proj-1234567890abcdef is wrong"),
        Reply(status=500, error=f"{KEY} {KEY}"),
        Reply(status=429, error=KEY, retry_after=1),
        Reply(status=404, body=f"<html>{KEY}</html>".encode()),
        Reply(body=f"garbled {KEY} {PROMPT}".encode()),
        Reply(body=b'{"choices": [{"message": "' + f"{KEY} {PROMPT}".encode() + b'"}]}'),
        Reply(f"{PROMPT} {KEY}"),
        Reply(hang_up=True),
        Reply(refusal=f"{PROMPT} {KEY}"),
    ],
)
def test_no_key_and_no_prompt_is_shown(
    endpoint: ModelEndpoint, tmp_path: Path, time_: FakeTime, caplog: pytest.LogCaptureFixture, reply: Reply
) -> None:
    config = {
        "endpoints": {"double": {"base_url": endpoint.url, "api_key_env": "SECRET", "retries": 1}},
        "models": {"*": {"endpoint": "double"}},
    }
    endpoint.script(reply)
    door = Door(tmp_path, config=config, env={"SECRET": KEY}, clock=time_.clock, sleep=time_.sleep)
    with caplog.at_level(logging.DEBUG), pytest.raises(ChatCompletionError) as raised:
        door.session("dental", "c1").prompt_llm(PROMPT, return_json=True)
    assert endpoint.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert PROMPT in endpoint.requests[0].prompt
    shown = everything_about(raised.value) + repr(door.ledger.calls()) + repr(door.settings_of("dental"))
    for text in (shown, caplog.text):
        assert KEY not in text
        assert "sk-proj-1234567890abcdef" not in text
        assert "Xyzzyworth" not in text
    door.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert KEY.encode() not in kept


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_call_that_goes_well_logs_nothing_of_it(
    endpoint: ModelEndpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture, provider: str
) -> None:
    url = endpoint.root if provider == "anthropic" else endpoint.url
    config = {
        "endpoints": {"double": {"provider": provider, "base_url": url, "api_key_env": "SECRET"}},
        "models": {"*": {"endpoint": "double", "model": "claude-haiku-5-5"}},
    }
    for library in ("openai", "anthropic"):  # as their own variables for logging do
        logging.getLogger(library).setLevel(logging.DEBUG)
    door = Door(tmp_path, config=config, env={"SECRET": KEY})
    with caplog.at_level(logging.DEBUG):
        door.session("dental", "c1").prompt_llm(PROMPT)
    door.close()
    assert len(endpoint.requests) == 1
    assert "Xyzzyworth" not in caplog.text
    assert KEY not in caplog.text


def test_the_providers_own_sentence_is_told_and_bounded(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply(status=400, error="max_tokens is too large " + "x" * 1000))
    with pytest.raises(ChatCompletionError, match=r"max_tokens is too large x+") as raised:
        open_door().session("dental").prompt_llm("Why?")
    assert len(str(raised.value)) < 500


def test_a_wrong_key_is_told(endpoint: ModelEndpoint, tmp_path: Path) -> None:
    endpoint.api_key = "right"
    (tmp_path / "key").write_text("wrong\n")
    config = {
        "endpoints": {"double": {"base_url": endpoint.url, "api_key_file": "key"}},
        "models": {"*": {"endpoint": "double"}},
    }
    door = Door(tmp_path, config=config)
    with pytest.raises(ChatCompletionError, match="does not accept the key") as raised:
        door.session("dental").prompt_llm("Why?")
    assert raised.value.code == "MODEL_UNAUTHORIZED"
    (tmp_path / "key").write_text("right\n")  # a key that is replaced is used at once
    assert door.session("dental").prompt_llm("Why?") == "ok"
    door.close()


@pytest.mark.parametrize(
    ("text", "key", "shown"),
    [
        ("bad hush-1234", "hush-1234", "bad ***"),
        ("sk-abcdefgh12 is bad", None, "*** is bad"),
        ("api_key=abcdefgh12", None, "***"),
        ("Bearer abcdefgh12", "x", "***"),
        ("the model is not available", "x", "the model is not available"),
        ("key words are fine", None, "key words are fine"),
    ],
)
def test_scrub(text: str, key: str | None, shown: str) -> None:
    assert scrub(text, key) == shown


# --- redaction


def without_names(text: str) -> str:
    return text.replace("Xyzzyworth", "[name]")


def everything_sent(endpoint: ModelEndpoint) -> str:
    return repr([dict(request.body) for request in endpoint.requests])


def test_every_text_is_redacted_before_it_leaves(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    door = open_door(redact=without_names)
    session = door.session("dental", "c1")
    history = [{"role": "user", "text": "I am Xyzzyworth"}]
    session.prompt_llm("Who is Xyzzyworth?", show_history=True, history=history)
    session.complete(
        [{"role": role, "content": "for Xyzzyworth"} for role in ("system", "user", "assistant", "user")]
    )
    endpoint.script({"answer": "maybe"}, {"answer": "maybe"}, {"answer": "yes"})
    session.structured(
        "Is it Xyzzyworth?",
        {"type": "object", "properties": {"answer": {"type": "string"}}},
        system="Xyzzyworth is a name.",
        validate=lambda found: None if found["answer"] == "yes" else "Xyzzyworth never says maybe",
    )
    assert len(endpoint.requests) == 5
    assert everything_sent(endpoint).count("[name]") > 10
    assert "Xyzzyworth" not in everything_sent(endpoint)


def test_what_an_agents_tools_say_is_redacted_too(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    from pydantic_ai import Agent
    from pydantic_ai.models import Model

    def look_up(id: str) -> dict[str, Any]:
        return {"id": "Xyzzyworth", "state": ["Xyzzyworth"], "Xyzzyworth": 1, "asked": id}

    endpoint.script(Reply(tool="look_up", value={"id": "Xyzzyworth"}), "done")

    async def answer(model: Model) -> str:
        return (await Agent(model, tools=[look_up], instructions="Mind Xyzzyworth.").run("Find her")).output

    assert open_door(redact=without_names).session("dental").run(answer) == "done"
    assert len(endpoint.requests) == 2
    assert "Xyzzyworth" not in everything_sent(endpoint)
    assert everything_sent(endpoint).count("[name]") >= 5


def test_a_redaction_that_fails_sends_nothing(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    def broken(text: str) -> str:
        raise ValueError(f"cannot read {text}")

    with pytest.raises(ChatCompletionError, match="not sent: redaction failed") as raised:
        open_door(redact=broken).session("dental").prompt_llm(PROMPT)
    assert raised.value.code == "MODEL_REDACTION_FAILED"
    assert "Xyzzyworth" not in everything_about(raised.value)
    assert endpoint.requests == []


def test_a_tools_argument_called_id_is_part_of_what_is_asked(
    endpoint: ModelEndpoint, open_door: OpenDoor
) -> None:
    """Names that mean something in a message mean nothing inside a text field."""
    from pydantic_ai.direct import model_request
    from pydantic_ai.messages import (
        ModelMessage,
        ModelRequest,
        ModelResponse,
        ToolCallPart,
        ToolReturnPart,
        UserPromptPart,
    )
    from pydantic_ai.models import Model

    async def ask(model: Model, found: str) -> object:
        history: list[ModelMessage] = [
            ModelRequest(parts=[UserPromptPart("Find her")]),
            ModelResponse(parts=[ToolCallPart("look_up", {"id": found}, "t1")]),
            ModelRequest(parts=[ToolReturnPart("look_up", {"id": found}, "t1")]),
        ]
        return (await model_request(model, history)).text

    def echo(call: ModelCall) -> str:
        return str(call.messages[-1]["content"])

    endpoint.script(echo)
    door = open_door()
    for found in ("one", "two"):
        session = door.session("dental", "c1")
        assert found in str(session.run(lambda model, found=found: ask(model, found)))  # type: ignore[misc]
    assert len(endpoint.requests) == 2
