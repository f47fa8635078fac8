"""From what is true of a conversation to its rows: one in the wide table, one per utterance in turns.

Rows are dicts of column to JSON value, as they are inserted; a column left out is NULL or its default.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from aftercall.catalog.definitions import Registry
from aftercall.model.builtins import COLUMNS_VERSION
from aftercall.model.events import Facts, Retraction, Turn
from aftercall.store.attempts import is_of_attempt
from aftercall.store.fold import Conversation, not_of_the_call, order, retractions, started_at
from aftercall.store.incoming import Entry, commit_of, seconds
from aftercall.store.spoken import add_spoken
from aftercall.store.writes import add_writes

Row = dict[str, Any]
_encode = msgspec.json.Encoder().encode


def conversation_row(conversation_id: str, c: Conversation, events: int, registry: Registry) -> Row:
    """The conversation's one row in its project's wide table. ``events`` counts retracted ones too."""
    row: Row = {
        "conversation_id": conversation_id,
        "started_at": seconds(c.started_at),
        "in_progress": c.ended_at is None,
        "num_turns": c.num_turns,
        "num_utterances": len(c.turns),
        "num_function_calls": c.function_calls,
        "num_function_errors": c.function_errors,
        "num_errors": c.failures,
        "handoff": c.handoff is not None,
        "num_handoffs": c.handoffs,
        "seqs_missing": c.seqs_missing,
        "last_event_at": seconds(c.last_event_at),
        "last_received_at": seconds(c.last_received_at),
        "events": events,
        "version": version(events, registry.revision),
        "is_deleted": 0,
        "channel": "voice",
        "environment": "live",
        "state": _encode(c.plain_state()).decode() if c.state else "{}",
        "attributes": "{}",
    }
    _add_facts(row, c)
    _add_end(row, c)
    _add_postcall(row, c)
    _add_functions(row, c)
    add_spoken(row, c)
    add_writes(row, c, registry)
    return row


_REVISIONS = (1 << 24) - 1


def version(events: int, revision: int) -> int:
    """Of two rows the one made from more events wins; from as many, the one that was made by the newer
    code or with the newer registry. ``stamp`` is its lower half: what the row was made with."""
    return (events << 32) + stamp(revision)


def stamp(revision: int, columns: int = COLUMNS_VERSION) -> int:
    return (columns << 24) + min(revision, _REVISIONS)


def _add_facts(row: Row, c: Conversation) -> None:
    row.update(c.facts)
    if "attributes" in c.facts:
        row["attributes"] = _encode(c.facts["attributes"]).decode()


def _add_end(row: Row, c: Conversation) -> None:
    if c.handoff is not None:
        row["handoff_reason"] = c.handoff.reason
        row["handoff_destination"] = c.handoff.destination
    if c.ended_at is None:
        return
    # An end told before its start is a wrong clock on one side: zero, rather than a negative duration
    # that would poison every average.
    ended_at = max(c.ended_at, c.started_at)
    row["ended_at"] = seconds(ended_at)
    row["ended_reason"] = c.ended_reason
    row["duration"] = (ended_at - c.started_at) / 1000
    row["agent_duration"] = agent_duration_ms(c) / 1000


def _add_postcall(row: Row, c: Conversation) -> None:
    one = c.postcall
    row["events_told"] = one.told
    if one.status:
        row["postcall_status"] = one.status
    if one.due_at is not None:
        row["postcall_due_at"] = seconds(one.due_at)
    if one.attempts:
        row["postcall_attempts"], row["postcall_tries"] = one.attempts, one.tries
        row["postcall_at"] = None if one.ended_at is None else seconds(one.ended_at)
        row["postcall_error"], row["postcall_version"] = one.error, one.version


def agent_duration_ms(c: Conversation) -> int:
    """How long the agent had the conversation: up to the handoff, else to the end."""
    if c.ended_at is None:
        return 0
    until = c.ended_at if c.handoff_at is None else min(c.handoff_at, c.ended_at)
    return max(until - c.started_at, 0)


def _add_functions(row: Row, c: Conversation) -> None:
    """Names of what was called and visited; the arrays' default is empty."""
    if c.functions:
        row["function_names"] = list(c.functions)
    if c.function_errors:
        row["function_failures"] = [name for name, failed in c.functions.items() if failed]
    if c.flows:
        row["flows"] = list(c.flows)
    if c.steps:
        row["steps"] = list(c.steps)


class TurnRow(msgspec.Struct, gc=False):
    """A row of ``turns``: one utterance, for the text index."""

    project_id: int
    conversation_id: str
    event_id: str
    started_at: float
    speaker: str
    at: float
    text: str
    version: int
    is_deleted: int


def turn_row(
    project_id: int, entry: Entry, started: int, version_: int, *, deleted: bool = False, erased: bool = False
) -> TurnRow:
    """A deleted one keeps its text: a search for words must find it, to see that it takes another row away.
    Only an erased one has none."""
    turn: Turn = entry.event
    return TurnRow(
        project_id,
        turn.conversation_id,
        entry.event_id,
        seconds(started),
        turn.speaker,
        seconds(entry.at),
        "" if erased else turn.text,
        version_,
        int(deleted or erased),
    )


def tombstone(conversation_id: str, started: int, version_: int) -> Row:
    """Takes away the row that stands under an earlier started_at: the row's key includes it."""
    return {
        "conversation_id": conversation_id,
        "started_at": seconds(started),
        "version": version_,
        "is_deleted": 1,
    }


def earlier_starts(entries: Iterable[Entry], current: int) -> set[int]:
    """Every other started_at under which a row may have been written: one per commit of the past.

    Only events that can move the start are looked at again, so a
    call streamed in two hundred commits does not cost two hundred folds.
    """
    by_commit: dict[int, list[Entry]] = {}
    retracting = False
    for entry in entries:
        by_commit.setdefault(commit_of(entry), []).append(entry)
        retracting = retracting or type(entry.event) is Retraction
    if len(by_commit) == 1:
        return set()
    seen: set[int] = set()
    movers: list[Entry] = []
    for commit in sorted(by_commit):
        group = by_commit[commit]
        if retracting:
            movers += group  # a retraction may bring back any event as the earliest one
        else:
            # Of plain events only the earliest can be the start, and it stays the earliest or is beaten.
            movers += [e for e in group if isinstance(e.event, Facts)]
            earliest = min(group, key=lambda e: (is_of_attempt(e), order(e)))
            if not isinstance(earliest.event, Facts):
                movers.append(earliest)
        movers.sort(key=order)
        seen.add(started_at(movers, not_of_the_call(movers, retractions(movers))))
    seen.discard(current)
    return seen
