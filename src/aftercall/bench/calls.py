"""Made-up calls for measuring: the shape of a real one (10 turns, 8 metrics, start and end), no meaning."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from aftercall.model.ids import new_id
from aftercall.model.times import now_ms

EVENTS_PER_CALL = 20
METRIC_NAMES = 50

_encode = msgspec.json.Encoder().encode
_SYLLABLES = [c + v for c in "bcdfghklmnprstvz" for v in "aeiou"]


class Calls:
    """A seeded source of calls; the same seed gives the same words, ids are always new."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        choose = self._random.choice
        # A vocabulary of a language's size: with ten words, compression and text index would flatter us.
        self._words = ["".join(choose(_SYLLABLES) for _ in range(1 + i % 4)) for i in range(8_000)]

    def call(self, *, days: int = 30) -> list[dict[str, Any]]:
        """The events of one call that began within the last ``days``."""
        conversation_id = new_id()
        start = now_ms() - 60_000 - self._random.randrange(days * 86_400_000)
        events: list[dict[str, Any]] = []

        def tell(kind: str, after_ms: int, **fields: Any) -> None:
            events.append(
                {
                    "kind": kind,
                    "id": new_id(),
                    "conversation_id": conversation_id,
                    "at": start + after_ms,
                    "seq": len(events) + 1,
                    **fields,
                }
            )

        tell(
            "start",
            0,
            channel="voice",
            from_number=f"+4420{self._random.randrange(10**8):08}",
            variant_name="a",
        )
        for turn in range(10):
            tell("turn", 3_000 * turn, speaker="agent" if turn % 2 == 0 else "user", text=self._sentence())
        for name in self._random.sample(range(METRIC_NAMES), 8):
            # The type goes with the name, as in a real project.
            value: Any = [True, self._random.randrange(100), self._words[name]][name % 3]
            tell("metric", 30_000, name=f"METRIC_{name}", value=value)
        tell("end", 31_000, reason="completed", last_seq=EVENTS_PER_CALL)
        return events

    def body(self, calls: int) -> bytes:
        """A request body for ``POST /v1/ingest`` with this many whole calls."""
        return _encode({"schema": 1, "events": [event for _ in range(calls) for event in self.call()]})

    def _sentence(self) -> str:
        # Squared, so that few words are common and most are rare, as in speech.
        words = (
            self._words[int(self._random.random() ** 2 * 8_000)] for _ in range(self._random.randint(4, 18))
        )
        return " ".join(words)
