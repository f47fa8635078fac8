"""A call that is held by hand: by a scenario, by a person in a terminal, or by a model.

    with Pool(home) as pool:
        call = HeldCall(pool, in_place(Path("clinic")), caller_number="+13125550123")
        call.begin()
        call.hears("I would like a check-up")
        call.enters("Booking")
        call.calls("find_slots", {"treatment": "check-up", "preferred_day": ""})
        call.ends()

The project's functions really run, in the pool's child; everything said and done becomes a wire event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aftercall.model.codec import plain
from aftercall.model.ids import new_id
from aftercall.model.times import now_ms
from aftercall.runtime import layout
from aftercall.runtime.agents import Agent
from aftercall.runtime.done import Done
from aftercall.runtime.host import Host
from aftercall.runtime.loaded import FunctionInfo
from aftercall.runtime.outcome import Outcome
from aftercall.runtime.pool import Pool
from aftercall.runtime.snapshot import Snapshot

MAX_STEPS = 20
"""Function steps run in a row: beyond that two of them lead to each other for ever."""

Event = dict[str, Any]


class HeldCall:
    """``facts`` by the names of conv: caller_number, callee_number, language, variant_name, channel_type,
    env.

    ``on_event`` is told of each event at once, with its final id and seq, in order. Not thread-safe.
    """

    def __init__(
        self,
        pool: Pool,
        agent: Agent,
        *,
        conversation_id: str | None = None,
        host: Host | None = None,
        attributes: Mapping[str, Any] | None = None,
        real_time_config: Mapping[str, Any] | None = None,
        on_event: Callable[[Event], None] | None = None,
        **facts: str | None,
    ) -> None:
        self.id = conversation_id or new_id()
        self.agent = agent
        self.layout = layout.read(agent.folder)
        self.events: list[Event] = []
        self.is_over = False
        """A function hung up or handed over, or ``ends`` was called."""
        self._pool = pool
        self._host = host or Host()
        self._config = dict(real_time_config or {})
        self._on_event = on_event
        told: Event = {_WIRE[name]: value for name, value in facts.items() if value is not None}
        more = {"attributes": dict(attributes)} if attributes else {}
        self._start: Event = {
            "channel": "voice",
            "environment": "sandbox",
            "direction": "inbound",
            **told,
            **more,
        }
        self._start["agent_version"] = agent.version

    # --- what happens

    def begin(self) -> Outcome | None:
        """The call begins, and ``start_function`` runs. None: the project has none."""
        self._tell({"kind": "start", **self._start})
        if not self.layout.has("start_function"):
            return None
        return self._run("start_function", None, {})

    def says(self, text: str) -> None:
        """The agent."""
        self._tell({"kind": "turn", "speaker": "agent", "text": text})

    def hears(self, text: str) -> None:
        """The user. An empty text is silence."""
        silence = {} if text else {"is_silence": True}
        self._tell({"kind": "turn", "speaker": "user", "text": text, **silence})

    def enters(self, flow: str, step: str | None = None) -> None:
        """The model chose a flow, by its display name; it begins at its first step."""
        found = next((f for f in self.layout.flows if flow in (f.name, f.folder)), None)
        name = found.name if found else flow
        self._tell({"kind": "flow", "flow": name, "step": step or (found.start_step if found else None)})

    def calls(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, flow: str | None = None
    ) -> Done:
        """The agent calls a function; then come the function steps that it goes to. ``flow``: folder or
        display name; without one the current flow's function of that name, else the project's."""
        known = self._flow_of(name, flow)
        before = self._last_flow()
        first = last = self._call(name, known, dict(arguments or {}))
        steps: list[tuple[str, Outcome]] = []
        # A step that goes nowhere is not run again: the call stays where it is.
        while last.ok and self._last_flow() is not before and len(steps) < MAX_STEPS:
            before, step = self._last_flow(), self._function_step()
            if step is None:
                break
            last = self._call(step, self.current_flow, {})
            steps.append((step, last))
        return Done(name, first, tuple(steps))

    def ends(self, reason: str = "completed", *, analyse: bool = True) -> Outcome | None:
        """The call is over, and ``end_function`` runs here. None: the project has none, or ``analyse`` is off
        (a server that was sent the events runs it)."""
        self.is_over = True
        self._tell({"kind": "end", "reason": reason, "last_seq": len(self.events) + 1})
        if not analyse or not self.layout.has("end_function"):
            return None
        outcome = self._pool.end(self.agent, self._snapshot(), host=self._host)
        self._take(outcome, number=False)
        return outcome

    # --- what is known

    @property
    def functions(self) -> list[FunctionInfo]:
        """Those a model may call now: the project's with a description, and those of the current flow."""
        folder = self._folder(self.current_flow)
        every = self._pool.loaded(self.agent).functions
        hidden = ("start_function", "end_function")
        return [
            item
            for item in every
            if item.error is None
            and item.kind == "function"
            and (item.flow == folder if item.flow else item.description and item.name not in hidden)
        ]

    @property
    def current_flow(self) -> str | None:
        return self._last_flow().get("flow")

    @property
    def current_step(self) -> str | None:
        """By its display name; a flow that was entered without one is at its first."""
        last = self._last_flow()
        found = next((f for f in self.layout.flows if last.get("flow") in (f.name, f.folder)), None)
        step: str | None = last.get("step") or (found.start_step if found else None)
        return step

    @property
    def metrics(self) -> dict[str, Any]:
        """By name the last value (the first, if it was ``write_once``). It happened: True. Invalid ones are
        not here."""
        values: dict[str, Any] = {}
        kept: set[str] = set()
        for event in self.events:
            if event["kind"] == "metric" and "invalid" not in event and event["name"] not in kept:
                values[event["name"]] = event.get("value", True)
                if event.get("write_once"):
                    kept.add(event["name"])
        return values

    @property
    def state(self) -> dict[str, Any]:
        """As plain JSON."""
        return {key: plain(value) for key, value in self._snapshot().state.items()}

    def of_kind(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["kind"] == kind]

    # --- inside

    def _call(self, name: str, flow: str | None, arguments: dict[str, Any]) -> Outcome:
        began = now_ms()
        outcome = self._run(name, flow, arguments)
        event: Event = {"kind": "function_call", "name": name, "arguments": arguments, "at": began}
        event |= {"duration_ms": outcome.duration_ms, **({"flow": flow} if flow else {})}
        event |= {"result": outcome.value} if outcome.ok else {"error": outcome.error}
        self._tell(event)
        if not outcome.ok:
            told = {"message": outcome.error or "failed", "traceback": outcome.traceback, "where": name}
            self._tell({"kind": "error", **told})
        self._act(outcome.value)
        return outcome

    def _run(self, name: str, flow: str | None, arguments: dict[str, Any]) -> Outcome:
        outcome = self._pool.call(
            self.agent, name, self._snapshot(), flow=flow, kwargs=arguments, host=self._host
        )
        self._take(outcome)
        return outcome

    def _act(self, value: Any) -> None:
        """What a function returned for the call itself: words, a move, a handoff, the end."""
        if not isinstance(value, dict):
            return
        if isinstance(value.get("utterance"), str) and value["utterance"]:
            self.says(value["utterance"])
        move = value.get("transition")
        if isinstance(move, dict):
            flow = move.get("goto_flow") or self.current_flow
            if flow is not None:
                self.enters(str(flow), move.get("goto_step"))
        handoff = value.get("handoff")
        if handoff:
            told = handoff if isinstance(handoff, dict) else {"destination": str(handoff)}
            names = ("destination", "reason", "utterance", "route")
            self._tell({"kind": "handoff", **{name: told.get(name) for name in names}})
            self.is_over = True
        if value.get("hangup"):
            self.is_over = True

    def _take(self, outcome: Outcome, *, number: bool = True) -> None:
        """What a function wrote. Said words become turns, a handoff ends the call."""
        for event in outcome.events:
            self._tell(event, number=number)
            if event["kind"] == "custom" and event["name"] == "say" and number:
                self.says(str((event.get("data") or {}).get("utterance", "")))
            if event["kind"] == "handoff":
                self.is_over = True

    def _tell(self, event: Event, *, number: bool = True) -> None:
        seq = len(self.events) + 1
        ours = {"conversation_id": self.id, "id": f"{self.id}-{seq}", "at": now_ms()}
        event = {**ours, **event, **({"seq": seq, "id": ours["id"]} if number else {})}
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)

    def _snapshot(self) -> Snapshot:
        return Snapshot.of(
            self.id,
            self.events,
            account_id=self.layout.account_id,
            project_id=self.layout.project_id,
            real_time_config=self._config,
        )

    def _last_flow(self) -> Event:
        return next((event for event in reversed(self.events) if event["kind"] == "flow"), {})

    def _folder(self, flow: str | None) -> str | None:
        return next((f.folder for f in self.layout.flows if flow in (f.name, f.folder)), None)

    def _flow_of(self, name: str, flow: str | None) -> str | None:
        if flow is not None:
            return flow
        folder = self._folder(self.current_flow)
        inside = any(item.name == name and item.flow == folder for item in self.layout.functions if folder)
        return folder if inside else None

    def _function_step(self) -> str | None:
        """The function step the call has come to, if it is one."""
        folder, step = self._folder(self.current_flow), self.current_step
        found = (f for f in self.layout.functions if f.flow == folder and f.kind == "step" and f.name == step)
        return next((item.name for item in found), None)


_WIRE = {
    "caller_number": "from_number",
    "callee_number": "to_number",
    "language": "language",
    "variant_name": "variant_name",
    "channel_type": "channel",
    "env": "environment",
}
"""Name on conv -> name on the wire."""
