"""One request to a child, followed until its end: events as they come, questions answered, bounds watched."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import msgspec

from aftercall.model.events import event_decoder
from aftercall.model.ids import new_id
from aftercall.model.times import EARLIEST_MS, LATEST_AHEAD_MS, now_ms
from aftercall.runtime.capture import Capture
from aftercall.runtime.extracted import Extracted
from aftercall.runtime.host import Host
from aftercall.runtime.limits import Limits
from aftercall.runtime.outcome import Failure, Outcome
from aftercall.sdk.bounds import FIELD_CHARACTERS
from aftercall.sdk.limits import fit

KINDS = frozenset({"metric", "state", "log", "flow", "update", "handoff", "sms", "custom"})
"""What a function may say of its conversation. The child is not trusted to say the rest, such as erasure."""

OnEvent = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Attempt:
    """Grows while the child reports. ``failure`` or ``done`` is set once it is over."""

    conversation_id: str
    source: str
    host: Host
    limits: Limits
    on_event: OnEvent | None = None
    """Told of each event at once, in the thread that runs the call."""
    prefix: str = field(default_factory=new_id)
    """Events get the ids ``<prefix>-1``, ``-2``...: a prefix must not be used twice in one conversation."""
    request_id: str = field(default_factory=new_id)
    began: bool = False
    """The child has taken it up."""
    done: dict[str, Any] | None = None
    failure: Failure | None = None
    error: str = ""
    out: Capture = field(default_factory=Capture)
    err: Capture = field(default_factory=Capture)
    events: list[dict[str, Any]] = field(default_factory=list)
    asks: int = 0
    llm_calls: int = 0
    extracts: int = 0
    extracted: SimpleQueue[Extracted] = field(default_factory=SimpleQueue)
    """What ``conv.extract`` found, from the threads that answer; written by the one that follows the call."""
    started: float = field(default_factory=time.monotonic)
    event_bytes: int = 0

    @property
    def is_over(self) -> bool:
        return self.done is not None or self.failure is not None

    def fail(self, failure: Failure, error: str) -> None:
        """The first reason counts."""
        if self.failure is None:
            self.failure, self.error = failure, error

    def take(self, line: bytes) -> dict[str, Any] | None:
        """One line of the child. A question is returned, for somebody else to answer."""
        try:
            message = msgspec.json.decode(line)
            if not isinstance(message, dict) or message.get("id") != self.request_id:
                return None  # of a thread that an earlier call left behind
            self._write_extracted()  # the child was answered after it was put there, so it stands first
            if self.is_over:
                return None
            if "event" in message:
                self._event(message["event"])
            elif "ask" in message:
                self.asks += 1
                self.llm_calls += message.get("what") == "prompt_llm"
                self.extracts += message.get("what") == "extract"
                return message
            elif "done" in message:
                self.done = _checked(message["done"])
            self.began = True
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, RecursionError) as error:
            self.fail("protocol", f"its process sent something that makes no sense: {str(error)[:200]}")
        return None

    def _write_extracted(self) -> None:
        while not self.extracted.empty():
            found = self.extracted.get()
            self.llm_calls += found.llm_calls
            for event in found.events:
                if self.failure == "output":
                    return
                own = {**event, "conversation_id": self.conversation_id}
                self._keep(own, msgspec.json.encode(own))
                self._check_output()

    def _event(self, told: dict[str, Any]) -> None:
        number = len(self.events) + 1
        if told["kind"] not in KINDS:
            raise ValueError(f"events of kind {told['kind']!r} are not a function's to write")
        event = {
            **told,
            "conversation_id": self.conversation_id,
            "id": f"{self.prefix}-{number}",
            "at": _sane(told.get("at")),
            "source": self.source,
        }
        self._keep(event, msgspec.json.encode(event))
        self._check_output()

    def _check_output(self) -> None:
        number = len(self.events)
        if number >= self.limits.events or self.event_bytes > self.limits.event_bytes:
            self.fail(
                "output",
                f"it wrote more than {self.limits.events} events or {self.limits.event_bytes} bytes"
                f" of them to conv; the first {number} are kept",
            )

    def _keep(self, event: dict[str, Any], encoded: bytes) -> None:
        """Raises if it is not of the wire's form. What is longer than a server takes is cut, and said so."""
        known = event_decoder.decode(encoded)
        # of a metric the child has judged name and value already
        may_be_long = len(encoded) > FIELD_CHARACTERS and event["kind"] != "metric"
        cuts = fit(known, len(encoded)) if may_be_long else []
        if cuts:
            event |= {key: value for key, value in msgspec.to_builtins(known).items() if key in event}
        self.event_bytes += len(encoded)
        self.events.append(event)
        if self.on_event is not None:
            self.on_event(event)
        for cut in cuts:
            note = {"kind": "log", "level": "warning", "content": f"{event['kind']}: {cut}"}
            self._event({**note, "at": event["at"], "fields": {"logger": "aftercall"}})

    def outcome(self, recycled: list[str]) -> Outcome:
        self._write_extracted()
        done = self.done or {}
        failed = self.failure is not None or done.get("status") != "ok"
        duration = round((time.monotonic() - self.started) * 1000, 3)
        return Outcome(
            status="failed" if failed else "ok",
            value=done.get("value") if not failed else None,
            events=self.events,
            failure=self.failure or done.get("failure") if failed else None,
            error=self.error or done.get("error") if failed else None,
            traceback=done.get("traceback") if failed else None,
            stdout=self.out.text(),
            stderr=self.err.text(),
            duration_ms=done.get("duration_ms", duration),
            llm_calls=self.llm_calls,
            recycled=recycled,
        )


def _checked(done: Any) -> dict[str, Any]:
    """The result of a call or of a load, as far as anything is relied on."""
    if not isinstance(done, dict):
        raise ValueError("a result that is no object")
    if not isinstance(done.setdefault("left", []), list):
        raise ValueError("what was left is no list")
    if done.get("status") == "failed":
        known = ("exception", "memory", "load", "not_found")
        done["failure"] = done.get("failure") if done.get("failure") in known else "exception"
        for name in ("error", "traceback"):
            done[name] = None if done.get(name) is None else str(done[name])
    if not isinstance(done.setdefault("duration_ms", 0.0), int | float):
        raise ValueError("a duration that is no number")
    return done


def _sane(at: Any) -> int:
    now = now_ms()
    return at if isinstance(at, int) and EARLIEST_MS <= at <= now + LATEST_AHEAD_MS else now
