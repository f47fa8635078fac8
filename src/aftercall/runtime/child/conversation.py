"""``conv``, rehydrated: everything an agent project reads and does, as RUNTIME.md lists it.

Reading gives what the parent knew when the call began plus what was done since. Doing becomes an event at
once. Nothing in here reaches a phone line: what only a phone line could do is recorded and otherwise does
nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NoReturn

from aftercall.model import codec
from aftercall.runtime.child.actions import Actions
from aftercall.runtime.child.functions import Flow, Functions
from aftercall.runtime.child.loading import Project
from aftercall.runtime.child.recorder import Recorder
from aftercall.runtime.child.things import Entities, ReadOnly, Thing, things
from aftercall.runtime.child.utils import Utils
from aftercall.runtime.child.wire import Wire
from aftercall.sdk.history import AgentResponse, UserInput
from aftercall.sdk.log import ConversationLog, is_true
from aftercall.sdk.metrics import NO_VALUE, MetricEvent, judge
from aftercall.sdk.state import State, StateTracker


class Fact:
    """Something that was told of the conversation; read-only."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, conv: Conversation | None, owner: type) -> Any:
        return self if conv is None else conv._facts.get(self._name)

    def __set__(self, conv: Conversation, value: object) -> NoReturn:
        raise AttributeError(f"conv.{self._name} cannot be set")


class Conversation(Actions):
    """``snapshot``: see runtime/snapshot.py. ``config``: variants, handoffs and SMS templates of the
    project."""

    id = Fact()
    account_id = Fact()
    project_id = Fact()
    env = Fact()
    channel_type = Fact()
    caller_number = Fact()
    callee_number = Fact()
    language = Fact()
    variant_name = Fact()

    def __init__(
        self, snapshot: Mapping[str, Any], config: Mapping[str, Any], project: Project, wire: Wire
    ) -> None:
        super().__init__(Recorder(wire))
        self._facts: dict[str, Any] = dict(snapshot["facts"])
        self._project = project
        self._history = [_said(item) for item in snapshot["history"]]
        self._metrics = [_metric(item) for item in snapshot["metrics"]]
        self.current_flow: str | None = snapshot.get("current_flow")
        self.current_step: str | None = snapshot.get("current_step")
        self.sip_headers: dict[str, Any] = dict(snapshot.get("sip_headers") or {})
        self.integration_attributes: dict[str, Any] = dict(snapshot.get("integration_attributes") or {})
        self.entities = Entities.of(snapshot.get("entities") or {})
        self.memory = ReadOnly(snapshot.get("memory") or {})
        self.real_time_config = ReadOnly(snapshot.get("real_time_config") or {})
        self.transcript_alternatives: list[str] = list(snapshot.get("transcript_alternatives") or [])
        self.variants = things(config.get("variants") or {})
        self.sms_templates = things(config.get("sms_templates") or {})
        self.handoffs = things(config.get("handoffs") or {})
        self._default_variant = config.get("default_variant")
        self._flow_names: dict[str, str] = dict(config.get("flow_names") or {})
        self.attachments = [Thing(item) for item in snapshot.get("attachments") or []]
        self._loading = True
        self._tracker = StateTracker(self._tell_state, self._recorder.note)
        self._state = State(self._tracker)
        self._load_state(snapshot.get("state") or {})
        self._loading = False
        self.log = ConversationLog(self._tell_log)
        self.functions = Functions(self, project.functions)
        self.utils = Utils(wire, self)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"conv has no {name!r}: it is not among what agent functions find here (see docs/agents.md)"
        )

    def __repr__(self) -> str:
        return f"Conversation({self.id!r})"

    # --- what it remembers

    @property
    def state(self) -> State:
        return self._state

    @state.setter
    def state(self, value: Mapping[Any, Any]) -> None:
        """A dict that is assigned takes the place of all that was there: a plain one would tell nobody of its
        changes."""
        if value is not self._state:  # conv.state |= {...} ends here, too
            news = dict(value)
            self._state.clear()
            self._state.update(news)

    # --- what was said and written

    @property
    def history(self) -> list[UserInput | AgentResponse]:
        """Every utterance, in order. A new list each time."""
        return list(self._history)

    @property
    def metric_events(self) -> list[MetricEvent]:
        """Every write so far, those of the platform included, in order."""
        return list(self._metrics)

    @property
    def variant(self) -> Thing | None:
        """Attributes of the variant in use, None where the project has no variants. An unset one is None."""
        name = self.variant_name or self._default_variant
        if name is None:
            return None
        return self.variants.get(name) or Thing()

    def write_metric(self, name: str, value: Any = NO_VALUE, *, write_once: bool = False) -> None:
        """No value: it happened. None: nothing is known. True, False, a number, a text: that, with its type.
        ``write_once`` keeps the first value ever written under the name. Anything else is recorded as
        invalid, with its text and the reason; nothing raises."""
        told_name, told_value, invalid = judge(name, value)
        once = is_true(write_once)
        event = {"kind": "metric", "name": told_name}
        if told_value is not NO_VALUE:
            event["value"] = told_value
        extras = {"write_once": True} if once else {}
        self._recorder.record_raw({**event, **extras, **({} if invalid is None else {"invalid": invalid})})
        has_value = told_value is not NO_VALUE
        at = time.time_ns() // 1_000_000
        written = MetricEvent(told_name, told_value if has_value else None, has_value, once, "", at)
        self._metrics.append(written)
        self.metrics_queue.append({"name": written.name, "value": written.value, "write_once": once})

    def extract(self, fields: Mapping[str, Any]) -> Thing:
        """Asks for fields of the finished call as metrics.yaml declares them: a question for each name, or an
        object with type, options, rules... Every one is written as a metric, with its evidence.

        By name what was found: ``.value`` in its type, None unless there is one that counts; ``.status``: ok,
        unknown, not_applicable, ungrounded, failed or skipped; ``.reason``, ``.evidence``, ``.extractor``.
        Raises ValueError for what cannot be asked, ChatCompletionError where the model fails in a way that
        may pass, NotImplementedError where nothing extracts. Only in ``end_function``, on a server.
        """
        found = self.utils._extract_fields(fields)
        for name, one in found.items():
            if one.status != "skipped":
                at = time.time_ns() // 1_000_000
                self._metrics.append(MetricEvent(name, one.value, True, False, "", at))
        return found

    # --- inside

    def _flow(self, folder: str | None = None) -> Flow:
        """The flow in that folder; without one, that which the conversation is in."""
        return Flow(self, folder or self._folder_of(self.current_flow))

    def _folder_of(self, name: str | None) -> str | None:
        """Flows are entered by display name and live in folders."""
        if name is None or name in self._project.flows:
            return name
        return self._flow_names.get(name, name)

    def _tell_state(self, changed: dict[str, Any], deleted: list[str]) -> None:
        if not self._loading:
            self._recorder.record("state", set=changed or None, deleted=deleted or None)

    def _tell_log(self, level: str, content: str, is_pii: bool, fields: dict[str, Any] | None) -> None:
        self._recorder.log(level, content, is_pii, fields)

    def _load_state(self, stored: Mapping[str, Any]) -> None:
        for key, value in stored.items():
            try:
                self.state[key] = codec.decode(value, self._project.resolve)
            except (codec.StateCodecError, RecursionError) as error:
                self.state[key] = codec.plain(value)
                self._recorder.note(f"state[{key!r}] is kept as plain JSON: {error}")

    def _checkpoint(self, *, last: bool = False) -> None:
        self._tracker.check(self.state, last=last)


def _said(item: list[str]) -> UserInput | AgentResponse:
    speaker, text = item
    return UserInput(text) if speaker == "user" else AgentResponse(text)


def _metric(item: Mapping[str, Any]) -> MetricEvent:
    has_value = "value" in item
    return MetricEvent(
        item["name"], item.get("value"), has_value, bool(item.get("write_once")), item["id"], item["at"]
    )
