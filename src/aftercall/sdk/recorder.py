"""What turns a statement about a conversation into a numbered event on its way to the server."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import msgspec

from aftercall.model.events import Event, Log, encoder
from aftercall.model.times import now_ms
from aftercall.sdk.bounds import FIELD_CHARACTERS
from aftercall.sdk.facts import Problems
from aftercall.sdk.fork import ForkAware, process, watch
from aftercall.sdk.intake import Head
from aftercall.sdk.limits import fit
from aftercall.sdk.modes import WrongType
from aftercall.sdk.sink import Sink

MAX_NOTES = 100
"""Complaints recorded on one conversation: a mistake in a loop must not fill it."""

_instances = itertools.count(1)
_RESERVED = frozenset({"kind", *Event.__struct_fields__})


class Recorder(ForkAware):
    """Thread-safe without a lock: taking a number and appending to a deque are single steps in Python."""

    def __init__(self, conversation_id: str, project: str, client: Sink, *, numbered: bool) -> None:
        self._client = client
        self._head = Head(conversation_id, project, _new_prefix(), numbered)
        self._numbers = itertools.count(1)
        self._notes = itertools.count(1)
        self._silent = True
        """Nothing has been said yet."""
        watch(self)

    @property
    def id(self) -> str:
        return self._head.conversation_id

    @property
    def client(self) -> Sink:
        return self._client

    def _record(
        self,
        kind: type[Event],
        *,
        number: int | None = None,
        at: int | None = None,
        extra: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """Its id. ``fields`` are of the kind's own types already; ``extra`` are further, plain ones."""
        self._speak()
        head = self._head
        number = next(self._numbers) if number is None else number
        event_id = head.event_id(number)
        event = kind(
            conversation_id=head.conversation_id,
            id=event_id,
            at=now_ms() if at is None else at,
            seq=head.seq(number),
            **fields,
        )
        body = _encode(event, extra)
        if len(body) > FIELD_CHARACTERS:  # else no text in it can be too long
            for cut in fit(event, len(body)):
                self._note(f"{type(event).__name__.lower()}: {cut}")
                body = _encode(event, extra)
        self._client.put((head, body), len(body))
        return event_id

    def _speak(self) -> None:
        if self._silent:
            self._silent = False
            self._break_silence()

    def _break_silence(self) -> None:
        """About to record the first event: what has to be said before it?"""

    def _complain(self, where: str, problems: Problems) -> None:
        """A mistake of the caller's: raised in development, recorded in production."""
        if problems.lines:
            if self._client.mode == "development":
                raise WrongType(f"{where}: {'; '.join(problems.lines)}", code="WRONG_TYPE")
            for line in problems.lines:
                self._note(f"{where}: {line}")

    def _note(self, line: str) -> None:
        """A warning on the conversation itself, where whoever reads it will see it."""
        if next(self._notes) <= MAX_NOTES:
            self._record(Log, content=line, level="warning", fields={"logger": "aftercall.sdk"})

    def after_fork_in_child(self) -> None:
        # The parent goes on numbering this conversation, so what the child says has no place in that order.
        self._head = msgspec.structs.replace(self._head, prefix=_new_prefix(), numbered=False)


def _encode(event: Event, extra: Mapping[str, Any] | None) -> bytes:
    if not extra:
        return encoder.encode(event)
    further = {name: value for name, value in extra.items() if name not in _RESERVED}
    return encoder.encode({**msgspec.to_builtins(event), **further})


def _new_prefix() -> str:
    return f"{process.nonce}-{next(_instances):x}-"
