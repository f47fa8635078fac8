"""A conversation that records in memory, to test functions written for ``conv`` without a server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aftercall.sdk.conversation import Conversation
from aftercall.sdk.history import AgentResponse, UserInput
from aftercall.sdk.intake import EventItem, MetricItem, encode
from aftercall.sdk.metrics import NO_VALUE
from aftercall.sdk.modes import Mode
from aftercall.testing.functions import FakeFlow, FakeFunctions
from aftercall.testing.utils import FakeUtils, Replies


class RecordingSink:
    """Takes the place of a Client: keeps what a conversation says, decoded as the server would see it."""

    def __init__(self, mode: Mode = "development", project: str = "test") -> None:
        self.mode: Mode = mode
        self.project = project
        self.faults: list[tuple[str, BaseException]] = []
        self.hurried = 0
        self._lock = threading.Lock()
        self._bodies: list[bytes] = []

    def start(self) -> None: ...

    def put(self, item: MetricItem | EventItem, size: int = 0) -> None:
        with self._lock:
            self._bodies.append(encode(item))

    def hurry(self) -> None:
        self.hurried += 1

    def fault(self, what: str, error: BaseException) -> None:
        self.faults.append((what, error))

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything said so far, as it goes on the wire."""
        return [json.loads(body) for body in list(self._bodies)]


class FakeConversation(Conversation):
    """A Conversation whose events stay here. In development mode, so that wrong types raise.

        conv = FakeConversation(prompt_llm={"reason": {"CALL_REASON": "refund"}}, functions={"ask": ask})
        conv.with_turns([("agent", "Hello"), ("user", "A refund, please")])
        end_function(conv)
        assert conv.metrics == {"CALL_REASON": "refund"}

    ``functions``: name -> function, called as ``conv.functions.name(...)`` with conv put first unless given.
    ``prompt_llm``: see FakeUtils. ``secrets``: name -> value. Everything else is Conversation's.
    """

    def __init__(
        self,
        *,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        prompt_llm: Replies = None,
        secrets: Mapping[str, str] | None = None,
        state: Mapping[str, Any] | None = None,
        mode: Mode = "development",
        **facts: Any,
    ) -> None:
        self.sink = RecordingSink(mode)
        super().__init__(client=self.sink, **facts)
        self.functions = FakeFunctions(functions or {}, self)
        self.utils = FakeUtils(prompt_llm, secrets or {})
        if state:
            self.state.update(state)

    def with_turns(self, turns: Iterable[tuple[str, str]]) -> FakeConversation:
        """Add utterances, ``(speaker, text)`` each, and return the conversation."""
        for speaker, text in turns:
            self.add_turn(speaker, text)
        return self

    def fake_flow(
        self, functions: Mapping[str, Callable[..., Any]] | None = None, step: str = "start"
    ) -> FakeFlow:
        """The ``flow`` that flow functions take second."""
        return FakeFlow(self, functions or {}, step)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything said so far, as it goes on the wire."""
        return self.sink.events

    def events_of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]

    @property
    def metrics(self) -> dict[str, Any]:
        """What reporting will show: name -> value. No value: True. ``write_once``: the first value stays.
        Metrics whose value does not fit are not there, see ``invalid_metrics``."""
        values: dict[str, Any] = {}
        kept: set[str] = set()
        for item in list(self._written):
            _, _, _, name, value, write_once, invalid = item
            if invalid is not None or name in kept:
                continue
            if write_once:
                kept.add(name)
                value = values.get(name, value)
            values[name] = True if value is NO_VALUE else value
        return values

    @property
    def invalid_metrics(self) -> dict[str, str]:
        """Name -> why its value was refused (production mode only; development raises)."""
        return {item[3]: item[6] for item in list(self._written) if item[6] is not None}


def recording(**options: Any) -> FakeConversation:
    """A started FakeConversation."""
    conversation = FakeConversation(**options)
    conversation.start()
    return conversation


_ANY = object()


def assert_metric(conversation: FakeConversation, name: str, value: Any = _ANY) -> None:
    """That the metric was written, with this value (and type: True is not 1) if one is given."""
    metrics = conversation.metrics
    assert name in metrics, f"{name} was not written; written: {', '.join(metrics) or 'nothing'}"
    if value is not _ANY:
        got = metrics[name]
        same = type(got) is type(value) and got == value
        assert same, f"{name} is {got!r} ({type(got).__name__}), not {value!r} ({type(value).__name__})"


def assert_no_metric(conversation: FakeConversation, name: str) -> None:
    metrics = conversation.metrics
    assert name not in metrics, f"{name} was written: {metrics[name]!r}"


def turns_of(conversation: Conversation) -> list[tuple[str, str]]:
    """``(role, text)`` of the history."""
    history: list[UserInput | AgentResponse] = conversation.history
    return [(said.role, said.text) for said in history]
