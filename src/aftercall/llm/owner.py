"""Whose calls these are, for the cache, the ledger and the cap."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from typing import NamedTuple


class Asked(NamedTuple):
    """How one request went that was answered."""

    call_id: int
    """In the ledger."""
    model: str
    """As the endpoint calls it."""
    tokens: tuple[int, int]
    """Input and output."""
    cost: float | None
    """0 for a stored answer; None: the model has no prices."""
    cached: bool


def writable(text: str) -> str:
    """Lone surrogates, which no file and no request can hold, spelt out."""
    return text.encode("utf-8", "backslashreplace").decode()


class Owner:
    """One run of something that may be run again: an attempt of a post-call function, a question of an
    analyst.

    Two runs over the same conversation that ask the same thing mean the same answer; asking the same thing
    twice within one run means two answers. So an answer is known by what was asked and how many times this
    run asked it before. Not by its position among all calls: real projects ask from several threads, in any
    order.
    """

    def __init__(
        self, project: str, conversation: str | None, *, generation: str = "", cached: bool = True
    ) -> None:
        self.project = writable(project)
        self.conversation = None if conversation is None else writable(conversation)
        self.cached = cached
        self.calls = 0
        """Model calls so far, stored answers included."""
        self.asked: list[Asked] = []
        """Those of them that were answered, in order."""
        self._generation = writable(generation)
        self._asked: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def key(self, content: bytes) -> bytes:
        """Under which the answer is stored. Each call is one more asking."""
        with self._lock:
            before = self._asked[content]
            self._asked[content] += 1
            self.calls += 1
        whose = (self.project, self.conversation or "", self._generation, str(before))
        text = "".join(f"{len(part)}:{part}" for part in whose)
        kind = b"-" if self.conversation is None else b"+"
        return hashlib.sha256(kind + text.encode() + content).digest()
