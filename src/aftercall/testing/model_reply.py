"""What a ModelEndpoint is asked and what it answers, in the two shapes that providers speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass(frozen=True)
class ModelCall:
    """One request as it arrived."""

    number: int
    """0 for the first."""
    path: str
    headers: Mapping[str, str]
    """Lower case names. The key is here: ``authorization`` or ``x-api-key``."""
    body: Mapping[str, Any]

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body.get("messages", []))

    @property
    def prompt(self) -> str:
        """The text of the newest message from the user."""
        users = [m for m in self.messages if m.get("role") == "user"]
        return _text(users[-1].get("content")) if users else ""

    @property
    def text(self) -> str:
        """Every text of the request, one message per line; for `"needle" in call.text`."""
        system = [_text(self.body["system"])] if "system" in self.body else []
        return "\n".join([*system, *(_text(message.get("content")) for message in self.messages)])

    @property
    def tools(self) -> list[str]:
        """Names of the tools offered."""
        return [tool.get("function", tool)["name"] for tool in self.body.get("tools", [])]


@dataclass(frozen=True)
class Reply:
    """``Reply("Booked.")``, ``Reply(value={"a": 1})``, ``Reply(status=429, retry_after=2)``, ..."""

    text: str | None = None
    value: Mapping[str, Any] | None = None
    """An object: the arguments of the (last) tool where the request offers tools, else JSON text."""
    tool: str | None = None
    """Call this tool, with ``value`` for its arguments."""
    refusal: str | None = None
    finish: str = "stop"
    """``stop``, ``length`` (cut off by a limit on tokens) or ``content_filter``."""
    tokens: tuple[int, int] | None = (10, 5)
    """Input and output tokens of the usage; None: an answer without usage."""
    status: int = 200
    error: str = "told to fail"
    error_code: str | None = None
    retry_after: str | float | None = None
    body: bytes | None = None
    """Sent as it is in place of all the above."""
    delay_s: float = 0.0
    """Before answering."""
    cut: bool = False
    """Close the connection in the middle of the answer."""
    hang_up: bool = False
    """Close the connection without an answer."""
    headers: Mapping[str, str] = field(default_factory=dict)


def encode(reply: Reply, call: ModelCall) -> bytes:
    """The body of the HTTP answer."""
    if reply.body is not None:
        return reply.body
    anthropic = call.path.endswith("/messages")
    if reply.status >= 400:
        error = {"message": reply.error, "type": reply.error_code or "error", "code": reply.error_code}
        return msgspec.json.encode({"type": "error", "error": error})
    return msgspec.json.encode(_anthropic(reply, call) if anthropic else _openai(reply, call))


def _openai(reply: Reply, call: ModelCall) -> dict[str, Any]:
    text, tool, arguments = _said(reply, call)
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": reply.refusal}
    finish = reply.finish
    if tool is not None:
        function = {"name": tool, "arguments": msgspec.json.encode(arguments).decode()}
        message["tool_calls"] = [{"id": f"call_{call.number}", "type": "function", "function": function}]
        finish = "tool_calls" if finish == "stop" else finish
    answer: dict[str, Any] = {
        "id": f"chatcmpl-{call.number}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": call.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }
    if reply.tokens is not None:
        given, made = reply.tokens
        answer["usage"] = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    return answer


_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}


def _anthropic(reply: Reply, call: ModelCall) -> dict[str, Any]:
    text, tool, arguments = _said(reply, call)
    content: list[dict[str, Any]] = [] if text is None else [{"type": "text", "text": text}]
    if tool is not None:
        content.append({"type": "tool_use", "id": f"toolu_{call.number}", "name": tool, "input": arguments})
    given, made = reply.tokens or (0, 0)
    return {
        "id": f"msg_{call.number}",
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": content,
        "stop_reason": "tool_use" if tool is not None else _STOP_REASONS.get(reply.finish, reply.finish),
        "stop_sequence": None,
        "usage": {"input_tokens": given, "output_tokens": made},
    }


def _said(reply: Reply, call: ModelCall) -> tuple[str | None, str | None, Mapping[str, Any]]:
    """Text, the tool called and its arguments."""
    tool = reply.tool
    if tool is None and reply.value is not None and call.tools:
        tool = call.tools[-1]  # where an output is asked for, it is the last tool offered
    if tool is not None:
        return reply.text, tool, reply.value or {}
    if reply.value is not None:
        return msgspec.json.encode(reply.value).decode(), None, {}
    return (reply.text if reply.refusal is None else None), None, {}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", part.get("content", ""))) for part in parts)
