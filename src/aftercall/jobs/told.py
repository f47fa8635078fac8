"""Everything told of one conversation, loaded for a job: many jobs load at once, in one question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from aftercall.jobs.gather import Gather
from aftercall.model.events import PostCall
from aftercall.store.attempts import is_of_attempt
from aftercall.store.engine import Engine
from aftercall.store.fold import Conversation, fold, order
from aftercall.store.incoming import Entry, entry
from aftercall.store.loader import read_body
from aftercall.store.queries import sql
from aftercall.store.reader import Found


@dataclass(slots=True)
class Told:
    conversation_id: str
    conversation: Conversation
    entries: dict[str, Entry]
    bodies: dict[str, str]
    """By event id, as they were sent."""

    @property
    def found(self) -> Found:
        """As the store's reader gives it."""
        return Found(self.conversation_id, self.conversation, list(self.entries.values()))

    def outcome(self, event_id: str) -> PostCall | None:
        one = self.entries.get(event_id)
        return one.event if one is not None and type(one.event) is PostCall else None

    @property
    def reported_at(self) -> int:
        """When the newest attempt ended, in epoch milliseconds; 0 before the first."""
        return max((one.at for one in self.entries.values() if type(one.event) is PostCall), default=0)

    def of_the_call(self) -> list[dict[str, Any]]:
        """The call's own events as wire objects in order: without what attempts before this wrote."""
        return [
            {**_as_sent(self.bodies[one.event_id]), "id": one.event_id, "at": one.at}
            for one in sorted(self.entries.values(), key=order)
            if not is_of_attempt(one)
        ]


class _Wanted(NamedTuple):
    project_id: int
    conversation_id: str


class Loader:
    """``load`` from any thread. ``start`` first, ``close`` last."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._gather: Gather[_Wanted, Told | None] = Gather("postcall-load", self._answer)
        self.start, self.close = self._gather.start, self._gather.close

    def load(self, project_id: int, conversation_id: str) -> Told | None:
        """None: there is no such conversation, or not any more. Raises what the engine raises."""
        return self._gather.ask(_Wanted(project_id, conversation_id))

    def _answer(self, wanted: list[_Wanted]) -> list[Told | Exception | None]:
        found: dict[_Wanted, Told] = {}
        for project_id in {one.project_id for one in wanted}:
            ids = sorted({one.conversation_id for one in wanted if one.project_id == project_id})
            for told in self._load(project_id, ids):
                found[_Wanted(project_id, told.conversation_id)] = told
        return [found.get(one) for one in wanted]

    def _load(self, project_id: int, ids: list[str]) -> list[Told]:
        records = self._engine.select_json(
            sql("events", "of_conversations"),
            {"project": project_id, "conversations": ids},
            list[tuple[str, str, int, int, int, str]],
        )
        entries: dict[str, dict[str, Entry]] = {}
        bodies: dict[str, dict[str, str]] = {}
        for conversation_id, event_id, at, received_at, rev, body in records:
            present = entries.setdefault(conversation_id, {}).get(event_id)
            if present is None or rev > present.rev:  # of copies the first to arrive, as everywhere
                event = read_body(conversation_id, event_id, body)
                entries[conversation_id][event_id] = entry(event, event_id, at, received_at, rev)
                bodies.setdefault(conversation_id, {})[event_id] = body
        told = [
            Told(conversation_id, fold(of.values()), of, bodies[conversation_id])
            for conversation_id, of in entries.items()
        ]
        return [one for one in told if not one.conversation.erased]


def _as_sent(body: str) -> dict[str, Any]:
    try:
        sent: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        # A number beyond any range in a field nobody knows: legal JSON that few programs can read.
        sent = msgspec.to_builtins(read_body("", "", body))
    return sent
