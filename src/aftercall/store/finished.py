"""Which commits this process has seen to their end: of what events a conversation's tables were made."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from aftercall.store.incoming import NEWEST, Entry

REMEMBERED = 20_000
"""Conversations. One that was forgotten only has its turns written once more."""

Digest = tuple[int, int]
"""How many events, and the sum of their revs (64 bits): the same events, as far as can be told so quickly."""
NOTHING: Digest = (0, 0)


def digest(entries: Iterable[Entry], before: Digest = NOTHING) -> Digest:
    """Of these events and those that ``before`` is the digest of."""
    revs = [entry.rev for entry in entries]
    return before[0] + len(revs), before[1] + sum(revs) & NEWEST


class Finished:
    """Digests by (project id, conversation id), of the conversations of late. Thread-safe."""

    def __init__(self) -> None:
        self._digests: dict[tuple[int, str], Digest] = {}
        self._guard = threading.Lock()

    def get(self, project_id: int, conversation_id: str) -> Digest | None:
        return self._digests.get((project_id, conversation_id))

    def note(self, project_id: int, digests: Iterable[tuple[str, Digest]]) -> None:
        with self._guard:
            kept = self._digests
            for conversation_id, told in digests:
                kept.pop((project_id, conversation_id), None)  # to the end of the row: the oldest go first
                kept[project_id, conversation_id] = told
            while len(kept) > REMEMBERED:
                del kept[next(iter(kept))]
