"""``Conversation``: everything an agent process says about one call or chat."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from aftercall.model.events import Custom, End, Failure, FunctionCall, Log, Retraction, Turn
from aftercall.model.events import State as StateEvent
from aftercall.sdk.calls import F, TimedCall, timed
from aftercall.sdk.client import default_client
from aftercall.sdk.facts import (
    Problems,
    read_event_id,
    read_facts,
    read_id,
    read_name,
    read_number,
    read_optional_text,
    read_project,
    read_text,
    read_time,
)
from aftercall.sdk.harmless import harmless
from aftercall.sdk.history import AgentResponse, UserInput
from aftercall.sdk.known import DEFAULTS, Known
from aftercall.sdk.log import ConversationLog, is_true
from aftercall.sdk.metric_writer import MetricWriter
from aftercall.sdk.moves import Moves
from aftercall.sdk.plain import is_a, plain, text_of
from aftercall.sdk.sink import Sink
from aftercall.sdk.state import State, StateTracker
from aftercall.sdk.turns import read_speaker, read_turn


class Conversation(Known, MetricWriter, Moves):
    """One call or chat, recorded while it happens. Every method may be called from any thread and returns
    at once; in production mode none of them raises, whatever it is given (see Client for what is guaranteed).

        with Conversation(project="clinic", caller_number="+441632960000") as conv:
            conv.add_turn("agent", "Hello, how can I help?")
            conv.add_turn("user", "I need an appointment", latency_ms=420)
            conv.write_metric("APPOINTMENT_BOOKED")

    ``id`` is any text of up to 512 characters, unique within the project, such as the provider's call id;
    without one a UUID that sorts by time. ``numbered=False`` for a second process that speaks of a
    conversation another one started: its events then have no place in that one's count.
    Times are datetimes (naive: UTC), epoch milliseconds or ISO 8601 text; without one: now.
    """

    def __init__(
        self,
        *,
        project: str | None = None,
        id: str | None = None,
        channel: str = DEFAULTS["channel"],
        environment: str = DEFAULTS["environment"],
        caller_number: str | None = None,
        from_number: str | None = None,
        callee_number: str | None = None,
        to_number: str | None = None,
        language: str | None = None,
        variant_id: str | None = None,
        variant_name: str | None = None,
        direction: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        tags: list[str] | None = None,
        agent_version: str | None = None,
        client: Sink | None = None,
        numbered: bool = True,
        **facts: Any,
    ) -> None:
        problems = Problems([])
        conversation_id = read_id(id, problems)
        sink = client if client is not None else default_client()
        slug = read_project(project, problems) or sink.project
        super().__init__(conversation_id, slug, sink, numbered=numbered)
        self.project = slug
        self.ended = False
        told = {
            "channel": channel,
            "environment": environment,
            "from_number": from_number if from_number is not None else caller_number,
            "to_number": to_number if to_number is not None else callee_number,
            "language": language,
            "variant_id": variant_id,
            "variant_name": variant_name,
            "direction": direction,
            "attributes": attributes,
            "tags": tags,
            "agent_version": agent_version,
            **facts,
        }
        self._facts: dict[str, Any] = read_facts(told, problems)
        self._history: list[UserInput | AgentResponse] = []
        self._tracker = StateTracker(self._tell_state, self._note)
        self._state = State(self._tracker)
        self.log = ConversationLog(self._tell_log)
        sink.start()
        self._complain("Conversation", problems)

    # --- what it remembers

    @property
    def state(self) -> State:
        """A dict with attributes; every change of it reaches the server."""
        return self._state

    @state.setter
    def state(self, value: Mapping[Any, Any]) -> None:
        self._replace_state(value)

    @harmless(None)
    def _replace_state(self, value: object) -> None:
        """Takes the place of all there was; kept as it is, a plain dict would tell nobody of its changes."""
        if not isinstance(value, Mapping):
            self._note(f"conv.state = {type(value).__name__}: the state is a dict, so it was left as it is")
        elif value is not self._state:  # conv.state |= {...} ends here, too
            news = dict(value)
            self._state.clear()
            self._state.update(news)

    # --- what is said

    @harmless("")
    def add_turn(
        self,
        /,
        speaker: str,
        text: str,
        *,
        at: Any = None,
        ended_at: Any = None,
        interrupted: bool = False,
        latency_ms: float | None = None,
        **more: Any,
    ) -> str:
        """One speaker's utterance, user or agent, which began ``at``. Returns the event's id.

        ``interrupted``: the user spoke into it. ``latency_ms``: from the end of the user's speech to the
        agent's first sound. ``more``: dtmf, language, translated_text, is_silence, is_ood, intents, entities,
        index.
        """
        problems = Problems([])
        side = read_speaker(speaker, problems)
        told = read_text(text, "text", problems)
        fields, extra = read_turn(more, problems)
        fields |= {
            "at": read_time(at, "at", problems),
            "ended_at": read_time(ended_at, "ended_at", problems),
            "interrupted": is_true(interrupted),
            "latency_ms": read_number(latency_ms, "latency_ms", problems),
        }
        self._complain("add_turn", problems)
        self._checkpoint()
        self._history.append(UserInput(told) if side == "user" else AgentResponse(told))
        return self._record(Turn, speaker=side, text=told, extra=extra, **fields)

    @property
    def history(self) -> list[UserInput | AgentResponse]:
        """Every utterance so far, in the order they were added."""
        return list(self._history)

    # --- what the agent does

    @harmless("")
    def record_function_call(
        self,
        name: str,
        arguments: Any = None,
        result: Any = None,
        error: Any = None,
        duration_ms: float | None = None,
        *,
        at: Any = None,
    ) -> str:
        """A function (tool) the agent called, which began ``at``. ``arguments`` and ``result`` may be
        anything, ``error`` an exception or text. Returns the event's id."""
        problems = Problems([])
        fields: dict[str, Any] = {
            "name": read_name(name, "name", problems),
            "duration_ms": read_number(duration_ms, "duration_ms", problems),
            "at": read_time(at, "at", problems),
        }
        self._complain("record_function_call", problems)
        self._checkpoint()
        failure = None if error is None else text_of(error)
        return self._record(
            FunctionCall, arguments=plain(arguments), result=plain(result), error=failure, **fields
        )

    def function_call(self, name: str, arguments: Any = None) -> TimedCall:
        """``with conv.function_call("find_slots", {"day": "mon"}) as call: call.result = ...``"""
        return TimedCall(self, name, arguments)

    def timed(self, function: F) -> F:
        """A decorator: every call of the function, plain or async, is recorded with its duration."""
        return timed(self, function)

    @harmless("")
    def custom(self, name: str, data: Any = None, *, at: Any = None) -> str:
        """Anything else worth keeping, under a name of yours. Returns the event's id."""
        problems = Problems([])
        told = read_name(name, "name", problems)
        when = read_time(at, "at", problems)
        self._complain("custom", problems)
        return self._record(Custom, name=told, data=plain(data), at=when)

    @harmless("")
    def error(self, message: Any, traceback: Any = None, *, where: str | None = None, at: Any = None) -> str:
        """Something broke in the agent or behind it; ``message`` may be the exception. Returns its id."""
        problems = Problems([])
        when = read_time(at, "at", problems)
        place = read_optional_text(where, "where", problems)
        self._complain("error", problems)
        trace = _format_traceback(message, traceback)
        return self._record(Failure, message=text_of(message), traceback=trace, where=place, at=when)

    @harmless("")
    def retract(self, event_id: str, reason: str | None = None) -> str:
        """That event should not have been said: it no longer counts. Returns the id of the retraction."""
        problems = Problems([])
        target = read_event_id(event_id, problems)
        why = read_optional_text(reason, "reason", problems)
        self._complain("retract", problems)
        if target is None:
            return ""
        return self._record(Retraction, target=target, reason=why)

    # --- the end

    @harmless(None)
    def end(self, reason: str | None = None, at: Any = None) -> None:
        """The conversation is over; sends what is left without waiting for it.

        ``reason`` is technical: completed, user_hangup, agent_hangup, handoff, voicemail, error...
        """
        problems = Problems([])
        why = read_optional_text(reason, "reason", problems)
        when = read_time(at, "at", problems)
        self._complain("end", problems)
        self._tracker.check(self._state, last=True)
        self._speak()
        number = next(self._numbers)
        self.ended = True
        self._record(End, number=number, at=when, reason=why, last_seq=self._head.seq(number) or None)
        self._client.hurry()

    def __enter__(self) -> Self:
        if not self.started:
            self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            reason = "completed"
        elif isinstance(error, Exception):
            self.error(error)
            reason = "error"
        else:
            reason = "cancelled"  # the task was cancelled or the process is ending: nothing broke
        if not self.ended:
            self.end(reason)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    # --- inside

    def _checkpoint(self) -> None:
        self._tracker.check(self._state)

    @harmless(None)
    def _tell_state(self, changed: dict[str, Any], deleted: list[str]) -> None:
        self._record(StateEvent, set=changed, deleted=deleted)

    @harmless(None)
    def _tell_log(self, level: str, content: str, is_pii: bool, fields: dict[str, Any] | None) -> None:
        self._record(Log, content=content, level=level, is_pii=is_pii, fields=fields)

    def after_fork_in_child(self) -> None:
        super().after_fork_in_child()
        self._tracker.renew_lock()


def _format_traceback(message: Any, told: Any) -> str | None:
    """As Python prints it, of the exception or of what was passed beside it."""
    import traceback  # only where something broke

    error = message if is_a(message, BaseException) else None
    found = error.__traceback__ if told is None and error is not None else told
    if is_a(found, TracebackType):
        lines = traceback.format_exception(error) if error else traceback.format_tb(found)
        return text_of("".join(lines))
    return None if found is None else text_of(found)
