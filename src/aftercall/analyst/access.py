"""Where the analyst's numbers and transcripts come from.

``Local`` asks the store of this process; the command line has one that asks a server. Both know nothing but
metrics.Query, its drill-down, and reading one conversation: there is no other way to a number.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aftercall.catalog.definitions import Registry
from aftercall.catalog.projects import Project
from aftercall.errors import NotFound
from aftercall.metrics import builtin
from aftercall.metrics.answer import Answer, Behind, BehindPage
from aftercall.metrics.facts import Facts
from aftercall.metrics.names import facts_of, facts_of_ratio
from aftercall.metrics.pipe import Need, Queries
from aftercall.metrics.query import Drill, Query
from aftercall.model.times import iso, now_ms
from aftercall.store.reader import Key
from aftercall.store.store import Store


@dataclass(frozen=True)
class Said:
    """One utterance. ``turn`` counts from 1."""

    turn: int
    speaker: str
    text: str


@dataclass(frozen=True)
class Transcript:
    """What was said in a conversation, in order. ``started_at``: ISO 8601."""

    conversation_id: str
    started_at: str
    turns: Sequence[Said]


class Access(Protocol):
    """``now_ms``: when questions are asked. ``revision`` changes whenever ``facts`` may."""

    @property
    def revision(self) -> int: ...

    @property
    def zone(self) -> zoneinfo.ZoneInfo: ...

    @property
    def now_ms(self) -> int: ...

    def facts(self) -> list[Facts]:
        """What can be measured: registered metrics, ratios and built-in metrics; fields are the same
        everywhere (metrics.builtin.FIELDS)."""

    def ask(self, query: Query) -> Answer:
        """Raises QueryInvalid, QueryTooSlow, QueryTooLarge."""

    def behind(self, drill: Drill) -> BehindPage:
        """Raises as ``ask``."""

    def read(self, conversation_id: str) -> Transcript:
        """Raises NotFound."""


class Local:
    """Within the process that has the store. ``need``: called with each scope beside read that a question
    needs; raises where whoever asks lacks it. Asks as of ``at_ms`` (None: now). Thread-safe."""

    def __init__(
        self,
        store: Store,
        queries: Queries,
        project: Project,
        *,
        at_ms: int | None = None,
        need: Need | None = None,
    ) -> None:
        self._store, self._queries, self._project = store, queries, project
        self._at_ms, self._need = at_ms, need

    @property
    def revision(self) -> int:
        return self._registry().revision

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self._project.timezone)

    @property
    def now_ms(self) -> int:
        return now_ms() if self._at_ms is None else self._at_ms

    def facts(self) -> list[Facts]:
        return facts_of_registry(self._registry())

    def ask(self, query: Query) -> Answer:
        return self._queries.run(query, self._project, now_ms=self._at_ms, need=self._need)

    def behind(self, drill: Drill) -> BehindPage:
        after = None if drill.cursor is None else _key(drill.cursor)
        found, count, last = self._queries.behind(
            drill, self._project, after=after, now_ms=self._at_ms, need=self._need
        )
        return BehindPage(list(found), count, None if last is None else f"{last[0]} {last[1]}")

    def read(self, conversation_id: str) -> Transcript:
        if self._need is not None:
            self._need("read:transcripts")
        found = self._store.reader.get(self._project.id, conversation_id)
        if found is None:
            raise no_conversation(conversation_id)
        turns = [entry.event for entry in found.conversation.turns]
        said = [Said(number, turn.speaker, turn.text) for number, turn in enumerate(turns, start=1)]
        return Transcript(conversation_id, iso(found.conversation.started_at), said)

    def _registry(self) -> Registry:
        return self._store.registries.of(self._project.id)


def facts_of_registry(registry: Registry) -> list[Facts]:
    """Deactivated ones are no longer offered."""
    registered = [facts_of(metric) for metric in registry.metrics if metric.active]
    ratios = [facts_of_ratio(ratio) for ratio in registry.ratios if ratio.active]
    return [*registered, *ratios, *builtin.METRICS]


def no_conversation(conversation_id: str) -> NotFound:
    shown = ascii(conversation_id[:80])
    return NotFound(
        f"There is no conversation {shown}: ids come from a query's conversations, a search or a sample.",
        code="CONVERSATION_NOT_FOUND",
    )


def _key(cursor: str) -> Key:
    started, _, conversation_id = cursor.partition(" ")
    return int(started), conversation_id


def values_of(access: Access, field: str, *, most: int = 50) -> list[tuple[Any, int]]:
    """The commonest known values of a field of all time, with the number of conversations.

    Raises as ``Access.ask``.
    """
    query = Query.read({"by": [{"field": field, "as": "value"}], "over": {"all": True}, "limit": most + 1})
    rows = access.ask(query).rows
    return [(row["value"], row["conversations"]) for row in rows if row["value"] is not None][:most]


def ids_of(page: Sequence[Behind]) -> list[str]:
    return [one.id for one in page]
