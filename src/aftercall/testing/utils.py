"""A double of ``conv.utils``: canned answers of a model, made-up secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Reply = str | dict[str, Any]
Replies = Callable[..., Reply] | Mapping[str, Reply] | str | None


class Prompt(NamedTuple):
    """One call of prompt_llm."""

    prompt: str
    show_history: bool
    return_json: bool
    model: str


class FakeUtils:
    """``prompt_llm`` answers from ``replies``:

    * a str: always that;
    * a mapping ``{part of the prompt: reply}``: the first whose part is in the prompt (``""`` is in
      every one); none: KeyError;
    * a callable ``(prompt, **options)``: what it returns, or raises;
    * None: NotImplementedError, as on a server without a model.

    As on a server the result is a dict with ``return_json=True`` and a str without. ``prompts``
    lists the calls.
    """

    def __init__(self, replies: Replies, secrets: Mapping[str, str]) -> None:
        self._replies = replies
        self._secrets = secrets
        self.prompts: list[Prompt] = []

    def prompt_llm(
        self, prompt: str, *, show_history: bool = False, return_json: bool = False, model: str = "gpt-4o"
    ) -> Any:
        call = Prompt(prompt, show_history, return_json, model)
        self.prompts.append(call)
        reply = self._reply(call)
        if return_json:
            return json.loads(reply) if isinstance(reply, str) else dict(reply)
        return reply if isinstance(reply, str) else json.dumps(reply)

    def _reply(self, call: Prompt) -> Reply:
        replies = self._replies
        if replies is None:
            raise NotImplementedError("no model: give FakeConversation(prompt_llm=...) its answers")
        if callable(replies):
            reply: Reply = replies(
                call.prompt, show_history=call.show_history, return_json=call.return_json, model=call.model
            )
            return reply
        if isinstance(replies, str):
            return replies
        for part, answer in replies.items():
            if part in call.prompt:
                return answer
        raise KeyError(f"no reply for this prompt: {call.prompt[:200]!r} (given for: {', '.join(replies)})")

    def get_secret(self, name: str) -> str:
        if name not in self._secrets:
            raise KeyError(f"no secret {name!r}: give FakeConversation(secrets={{...}})")
        return self._secrets[name]
