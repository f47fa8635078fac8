"""Reading back: which conversations, and everything told of each.

A list is two steps. The wide table, ordered by time, says which conversations (a keyset page costs the
same however long the history is); then their events are read and folded by the very function that made
the rows, so the API cannot say anything else than the columns do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aftercall.store.engine import Engine
from aftercall.store.fold import Conversation, fold
from aftercall.store.incoming import Entry
from aftercall.store.loader import load_entries
from aftercall.store.queries import sql
from aftercall.store.registry import Registries
from aftercall.store.schema import wide_table

Key = tuple[int, str]
"""(started_at in epoch milliseconds, conversation id): the place of a conversation in the list."""


@dataclass(slots=True)
class Filter:
    """Which conversations; everything is optional. Times in epoch milliseconds, ``start`` <= t < ``end``."""

    start: int | None = None
    end: int | None = None
    channels: Sequence[str] = ()
    environment: str | None = None
    variant_id: str | None = None
    variant_name: str | None = None
    in_progress: bool | None = None
    words: str | None = None
    """Words that must all stand in one utterance, whatever their case."""
    speaker: Literal["user", "agent"] | None = None
    """Whose utterance; None for either."""


@dataclass(slots=True)
class Found:
    """One conversation with everything told of it."""

    conversation_id: str
    conversation: Conversation
    events: list[Entry] = field(default_factory=list)
    """All of them in order, retracted ones included."""


@dataclass(slots=True)
class Page:
    items: list[Found]
    more: bool
    last: Key | None
    """Where the next page starts, None on an empty page."""


class Reader:
    """Reads for the API. Thread-safe."""

    def __init__(self, engine: Engine, registries: Registries) -> None:
        self._engine = engine
        self._registries = registries

    def page(
        self,
        project_id: int,
        which: Filter,
        *,
        limit: int,
        after: Key | None = None,
        offset: int = 0,
        sample: bool = False,
    ) -> Page:
        """Newest first; ``after`` beats ``offset``. ``sample`` draws ``limit`` of them by chance instead."""
        conditions, values = self._where(project_id, which)
        if after is not None:
            # The first condition follows from the second, but is the one that leaves parts unread.
            conditions += [
                "started_at <= fromUnixTimestamp64Milli({after:Int64})",
                "(started_at, conversation_id)"
                " < (fromUnixTimestamp64Milli({after:Int64}), {after_id:String})",
            ]
            values["after"], values["after_id"] = after
            offset = 0
        values |= {"limit": limit + 1, "offset": offset}
        keys = self._keys(project_id, conditions, values, "sample" if sample else "page")
        more = len(keys) > limit and not sample
        keys = keys[:limit]
        return Page(self._found(project_id, keys), more, keys[-1] if keys else None)

    def _keys(self, project_id: int, conditions: list[str], values: dict[str, Any], name: str) -> list[Key]:
        self._registries.of(project_id)  # a project that never received anything has no table yet
        statement = sql("reader", name, table=wide_table(project_id), where=" AND ".join(conditions))
        return [
            (started, conversation_id) for started, conversation_id in self._engine.select(statement, values)
        ]

    def _found(self, project_id: int, keys: list[Key]) -> list[Found]:
        ids = [conversation_id for _, conversation_id in keys]
        told = load_entries(self._engine, project_id, set(ids)) if ids else {}
        found = [_found(conversation_id, told[conversation_id]) for conversation_id in ids]
        return [one for one in found if one is not None]

    def get(self, project_id: int, conversation_id: str) -> Found | None:
        """One conversation, or None where there is none (or none any more)."""
        return _found(
            conversation_id, load_entries(self._engine, project_id, {conversation_id})[conversation_id]
        )

    def count(self, project_id: int, which: Filter) -> int:
        conditions, values = self._where(project_id, which)
        self._registries.of(project_id)
        statement = sql("reader", "count", table=wide_table(project_id), where=" AND ".join(conditions))
        return int(self._engine.select(statement, values)[0][0])

    def _where(self, project_id: int, which: Filter) -> tuple[list[str], dict[str, Any]]:
        return _where(project_id, which, self._engine.found_by_words)


def _found(conversation_id: str, told: dict[str, Entry]) -> Found | None:
    if not told:
        return None
    conversation = fold(told.values())
    if conversation.erased:
        return None
    return Found(conversation_id, conversation, list(told.values()))


def _where(project_id: int, which: Filter, found_by_words: str) -> tuple[list[str], dict[str, Any]]:
    """Fixed conditions, and the values bound to them: no text of a request becomes SQL."""
    conditions = ["1"]
    values: dict[str, Any] = {}

    def add(condition: str, **bound: Any) -> None:
        conditions.append(condition)
        values.update(bound)

    if which.start is not None:
        add("started_at >= fromUnixTimestamp64Milli({start:Int64})", start=which.start)
    if which.end is not None:
        add("started_at < fromUnixTimestamp64Milli({end:Int64})", end=which.end)
    if which.channels:
        add("channel IN {channels:Array(String)}", channels=list(which.channels))
    if which.environment is not None:
        add("environment = {environment:String}", environment=which.environment)
    if which.variant_id is not None:
        add("variant_id = {variant_id:String}", variant_id=which.variant_id)
    if which.variant_name is not None:
        add("variant_name = {variant_name:String}", variant_name=which.variant_name)
    if which.in_progress is not None:
        add("in_progress = {in_progress:Bool}", in_progress=which.in_progress)
    if which.words is not None:
        conditions.append(_transcript(which, found_by_words))
        values |= {"project": project_id, "words": which.words}
        if which.speaker is not None:
            values["speaker"] = which.speaker
    return conditions, values


def _transcript(which: Filter, found_by_words: str) -> str:
    within = ["project_id = {project:UInt32}", "hasAllTokens(text, {words:String})"]
    if which.speaker is not None:
        within.append("speaker = {speaker:String}")
    if which.start is not None:
        within.append("started_at >= fromUnixTimestamp64Milli({start:Int64})")
    if which.end is not None:
        within.append("started_at < fromUnixTimestamp64Milli({end:Int64})")
    return sql("reader", "spoken", within=" AND ".join(within), found_by_words=found_by_words)
