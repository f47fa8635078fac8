"""A chat with an agent project, line by line: what a person types goes in, what came of it comes out.

    chat = Chat(HeldCall(pool, agent))                 # the person picks the functions
    chat = Chat(call, ask=session_that_answers_json)   # a model plays the agent
    for line in [*chat.begin(), *chat.take("I need a check-up"), *chat.take("/end")]:
        print(line.kind, line.text)

Text is what the caller says. A line that begins with a slash is for the chat itself: see HELP.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from aftercall.errors import AftercallError, InvalidInput
from aftercall.runtime.arguments import read_arguments
from aftercall.runtime.director import Ask, Director
from aftercall.runtime.done import Done
from aftercall.runtime.held import Event, HeldCall
from aftercall.runtime.outcome import Outcome

Kind = Literal["agent", "function", "metric", "flow", "handoff", "sms", "log", "error", "note", "end"]

HELP = """text              what the caller says; an empty line is silence
/call NAME a=1 b="two words"      call a function of the agent
/flow NAME        enter a flow
/say TEXT         what the agent says
/functions        which functions can be called now
/metrics          what has been written so far
/state            conv.state
/end              end the call; so does the end of the input"""


@dataclass(frozen=True, slots=True)
class Line:
    kind: Kind
    text: str


class Chat:
    """``analyse`` off: a server that is sent the call's events runs ``end_function``."""

    def __init__(self, call: HeldCall, *, ask: Ask | None = None, analyse: bool = True) -> None:
        self.call = call
        self._director = None if ask is None else Director(call, ask)
        self._analyse = analyse
        self._shown = 0
        self._ended = False
        self.analysed_well = True
        """Whether ``end_function`` returned, where it ran here."""

    @property
    def is_over(self) -> bool:
        """Nothing more is taken."""
        return self._ended

    def begin(self) -> list[Line]:
        started = self.call.begin()
        lines = [*self._news(), *_failed("start_function", started)]
        return lines + (self._answer() if self._director else [])

    def take(self, typed: str) -> list[Line]:
        """One line. A mistake is told and changes nothing."""
        if self._ended:
            return [Line("note", "the call is over")]
        try:
            lines = self._command(typed) if typed.startswith("/") else self._heard(typed)
        except AftercallError as error:
            lines = [*self._news(), Line("error", error.message)]
        if self.call.is_over and not self._ended:
            lines += self.end("completed")
        return lines

    def end(self, reason: str = "user_hangup") -> list[Line]:
        if self._ended:
            return []
        self._ended = True
        handed = bool(self.call.of_kind("handoff"))
        ended = self.call.ends("handoff" if handed else reason, analyse=self._analyse)
        self.analysed_well = ended is None or ended.ok
        return [*self._news(), *_failed("end_function", ended), Line("end", self.call.id)]

    # --- inside

    def _heard(self, text: str) -> list[Line]:
        self.call.hears(text)
        self._shown = len(self.call.events)  # the person knows what they typed
        return self._answer() if self._director else []

    def _answer(self) -> list[Line]:
        assert self._director is not None
        lines: list[Line] = []
        try:
            for move in self._director.answer():
                lines += self._news() if move.done is None else self._told(move.done)
        except Exception as error:  # noqa: BLE001 - whatever a model's client raises, the chat goes on
            lines += [*self._news(), Line("error", f"the model does not answer: {error}")]
        return lines

    def _command(self, typed: str) -> list[Line]:
        name, _, rest = typed[1:].strip().partition(" ")
        if name == "call":
            return self._told(self._call(rest))
        if name == "flow":
            self._enter(rest.strip())
        elif name == "say":
            self.call.says(rest)
        elif name == "end":
            return self.end()
        elif name in ("functions", "metrics", "state", "help"):
            return [Line("note", text) for text in self._known(name)]
        else:
            raise InvalidInput(f"there is no /{name}: /help says what there is")
        return self._news()

    def _call(self, typed: str) -> Done:
        try:
            words = shlex.split(typed)
        except ValueError as error:
            raise InvalidInput(f"that cannot be read: {error}") from error
        known = {item.name: item for item in self.call.functions}
        name = words[0] if words else ""
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise InvalidInput(f"no function {name!r} can be called here; there are: {there}")
        told = dict(word.partition("=")[::2] for word in words[1:] if "=" in word)
        loose = [word for word in words[1:] if "=" not in word]
        if loose:
            raise InvalidInput(f"write arguments as name=value; {loose[0]!r} has no name")
        return self.call.calls(name, read_arguments(known[name], told))

    def _enter(self, name: str) -> None:
        flows = self.call.layout.flows
        if not any(name in (flow.name, flow.folder) for flow in flows):
            there = ", ".join(flow.name for flow in flows) or "none"
            raise InvalidInput(f"there is no flow {name!r}; there are: {there}")
        self.call.enters(name)

    def _known(self, what: str) -> Iterator[str]:
        if what == "help":
            yield from HELP.splitlines()
        elif what == "functions":
            for item in self.call.functions:
                yield " ".join([item.name, *(f"{each.name}=" for each in item.parameters)])
        else:
            told = self.call.metrics if what == "metrics" else self.call.state
            for name, value in told.items():
                yield f"{name} = {_shown(value)}"

    def _told(self, done: Done) -> list[Line]:
        failed = [outcome for _, outcome in ((done.name, done.outcome), *done.steps) if not outcome.ok]
        news = self._news()
        if failed:  # the error event has said so already
            return news
        return [*news, *([Line("function", done.content)] if done.content else [])]

    def _news(self) -> list[Line]:
        """What happened since the last look, as far as a person wants to see it."""
        events = self.call.events[self._shown :]
        self._shown = len(self.call.events)
        return [line for event in events if (line := line_of(event)) is not None]


def line_of(event: Event) -> Line | None:
    """How an event is shown; None: not at all."""
    kind = event["kind"]
    if kind == "turn" and event["speaker"] == "agent":
        return Line("agent", event["text"])
    if kind == "metric":
        if "invalid" in event:
            return Line("error", f"{event['name']} is not written: {event['invalid']}")
        return Line("metric", f"{event['name']} = {_shown(event.get('value', True))}")
    if kind == "flow":
        place = [str(event[name]) for name in ("flow", "step") if event.get(name)]
        return Line("flow", " / ".join(place) or "left the flow")
    if kind == "handoff":
        return Line("handoff", f"to {event.get('destination')}: {event.get('reason')}")
    if kind == "sms":
        return Line("sms", str(event.get("content") or event.get("template")))
    if kind == "error":
        return Line("error", f"{event.get('where')}: {event['message']}")
    if kind == "log" and event.get("level") in ("warning", "error"):
        return Line("log", event["content"])
    return None


def _failed(name: str, outcome: Outcome | None) -> list[Line]:
    return [] if outcome is None or outcome.ok else [Line("error", f"{name}: {outcome.error}")]


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
