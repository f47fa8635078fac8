"""What must be written so that the tables agree with one conversation's events after a commit.

Its row always; of its utterances only those that are new or may stand wrong; and tombstones wherever
the row or an utterance stood under an earlier start.
"""

from __future__ import annotations

import time

from aftercall.catalog.definitions import Registry
from aftercall.model.events import Erasure, Turn
from aftercall.store.finished import NOTHING, Digest, digest
from aftercall.store.fold import Conversation
from aftercall.store.incoming import NEWEST, Entry
from aftercall.store.projection import (
    Row,
    TurnRow,
    conversation_row,
    earlier_starts,
    tombstone,
    turn_row,
    version,
)
from aftercall.store.shard import Standing


class Touched:
    """One conversation within one group commit."""

    __slots__ = ("complete", "erased", "fresh", "known", "known_digest", "repeated", "rows_at", "unfinished")

    def __init__(self, known: dict[str, Entry], finished: Digest | None = None) -> None:
        """``finished``: the digest of what this process last saw to its end, if it did."""
        self.known = known
        self.known_digest = digest(known.values()) if known else NOTHING
        self.unfinished = bool(known) and finished != self.known_digest
        """The commit of what is known may have got no further than the events, here or on another server."""
        self.complete = False
        """A row made of just these events was seen: their commit got to its end, wherever it was."""
        self.fresh: dict[str, Entry] = {}
        self.repeated = False
        self.rows_at: set[int] = set()
        """Starts under which rows were seen to stand; see ``Committer._find_rows``."""
        self.erased = any(type(told.event) is Erasure for told in known.values())

    def has_row(self, row: Standing) -> None:
        self.rows_at.add(row.started_at)
        self.complete = len(self.known) == row.events

    def digest(self) -> Digest:
        return digest(self.fresh.values(), self.known_digest)

    def everything(self) -> list[Entry]:
        return [*self.known.values(), *self.fresh.values()]


def project(
    project_id: int,
    conversation_id: str,
    c: Conversation,
    one: Touched,
    registry: Registry,
    rows: list[Row],
    turns: list[TurnRow],
) -> None:
    """Add the rows that make the tables agree with ``c``."""
    events = len(one.known) + len(one.fresh)
    version_ = version(events, registry.revision)
    rows.append(conversation_row(conversation_id, c, events, registry))
    earlier = earlier_starts(one.everything(), c.started_at) if one.known else set()
    earlier |= one.rows_at - {c.started_at}
    rows.extend(tombstone(conversation_id, start, version_) for start in earlier)
    retracting = bool(c.retracted)
    # What was said before is written again only where it may stand wrong: after a move, a retraction,
    # or where the commit before may have got no further than the events.
    unsure = not one.complete and (one.unfinished or not one.fresh)
    again = bool(earlier) or retracting or one.repeated or unsure
    for turn in c.turns:
        if again or turn.event_id in one.fresh:
            turns.append(turn_row(project_id, turn, c.started_at, version_))
    everything = {**one.known, **one.fresh}
    for start in earlier:
        if not _same_month(start, c.started_at):
            turns.extend(
                turn_row(project_id, told, start, version_, deleted=True)
                for told in one.known.values()
                if type(told.event) is Turn
            )
    for event_id in c.retracted:
        told = everything.get(event_id)
        if told is not None and type(told.event) is Turn:
            turns.append(turn_row(project_id, told, c.started_at, version_, deleted=True))


def project_erased(
    project_id: int,
    conversation_id: str,
    c: Conversation,
    one: Touched,
    rows: list[Row],
    turns: list[TurnRow],
) -> None:
    """Take every row of it away at once; the eraser then deletes what lies on disk."""
    everything = one.everything()
    for start in {c.started_at, *one.rows_at, *earlier_starts(everything, c.started_at)}:
        rows.append(tombstone(conversation_id, start, NEWEST))
        turns.extend(
            turn_row(project_id, told, start, NEWEST, erased=True)
            for told in everything
            if type(told.event) is Turn
        )


def _same_month(a: int, b: int) -> bool:
    one, other = time.gmtime(a / 1000), time.gmtime(b / 1000)
    return (one.tm_year, one.tm_mon) == (other.tm_year, other.tm_mon)
