"""Stored events, read back as the fold wants them."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

import msgspec

from aftercall.model.events import Custom, event_decoder
from aftercall.store.engine import Engine
from aftercall.store.incoming import Entry, entry
from aftercall.store.queries import sql

log = logging.getLogger(__name__)


def load_entries(
    engine: Engine, project_id: int, ids: Collection[str], *, metric: str | None = None
) -> dict[str, dict[str, Entry]]:
    """The stored events of these conversations, by conversation and event id.

    ``metric``: only what decides about the value of the metric of this name.

    Read without FINAL: of copies that two servers may have stored at once, the first to arrive is kept
    here just as the engine keeps it when it merges.
    """
    found: dict[str, dict[str, Entry]] = {conversation_id: {} for conversation_id in ids}
    statement = sql("events", "of_conversations" if metric is None else "of_metric")
    bound = {"project": project_id} if metric is None else {"project": project_id, "metric": metric}
    records = (
        record
        for some in engine.bindable(ids)
        for record in engine.select_json(
            statement,
            {**bound, "conversations": some},
            list[tuple[str, str, int, int, int, str]],
        )
    )
    for conversation_id, event_id, at, received_at, rev, body in records:
        entries = found[conversation_id]
        present = entries.get(event_id)
        if present is None or rev > present.rev:
            entries[event_id] = entry(
                read_body(conversation_id, event_id, body), event_id, at, received_at, rev
            )
    return found


def load_digests(engine: Engine, project_id: int, ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """Of each of these conversations that has any: how many events are stored, and the sum of their revs.

    As ``finished.digest`` has them, so that equal ones mean the same events.
    """
    return {
        conversation_id: (events, revs)
        for some in engine.bindable(ids)
        for conversation_id, events, revs in engine.select(
            sql("events", "digests"), {"project": project_id, "conversations": some}
        )
    }


def read_body(conversation_id: str, event_id: str, body: str) -> Any:
    try:
        return event_decoder.decode(body)
    except msgspec.MsgspecError:
        # Stored by a newer version and read by this one: it stays in the history and counts for nothing.
        log.warning(
            "event %r of conversation %r is of a kind this version does not know", event_id, conversation_id
        )
        return Custom(conversation_id=conversation_id, name="aftercall.unreadable")
