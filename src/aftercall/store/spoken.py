"""The columns of a row that count and time what was said."""

from __future__ import annotations

from typing import Any

from aftercall.model.events import Turn
from aftercall.store.fold import Conversation, sane_ms
from aftercall.store.incoming import Entry

Row = dict[str, Any]


class Side:
    """One speaker's part of the conversation."""

    __slots__ = ("first_at", "talk_ms", "utterances", "words")

    def __init__(self) -> None:
        self.utterances = 0
        self.words = 0
        self.talk_ms: int | None = None
        """None as long as no turn tells when it ended."""
        self.first_at: int | None = None

    def add(self, entry: Entry, turn: Turn) -> None:
        self.utterances += 1
        self.words += len(turn.text.split())
        if self.first_at is None:
            self.first_at = entry.at
        if turn.ended_at is not None:
            until = sane_ms(turn.ended_at, entry.received_at)
            if until is not None:  # one that ended before it began has a wrong clock on one side: zero
                self.talk_ms = (self.talk_ms or 0) + max(until - entry.at, 0)

    @property
    def talk_seconds(self) -> float | None:
        return None if self.talk_ms is None else self.talk_ms / 1000


def add_spoken(row: Row, c: Conversation) -> None:
    """Utterances, words, talking time, latency and what was odd in them."""
    user, agent = Side(), Side()
    latencies: list[float] = []
    silences = ood = interruptions = 0
    for entry in c.turns:
        turn: Turn = entry.event
        silences += turn.is_silence
        ood += turn.is_ood
        interruptions += turn.interrupted
        if turn.speaker == "user":
            user.add(entry, turn)
            continue
        agent.add(entry, turn)
        # A negative latency is a clock that went wrong: no figure rather than one that spoils the mean.
        if turn.latency_ms is not None and turn.latency_ms >= 0:
            latencies.append(turn.latency_ms / 1000)
    row["num_silences"], row["num_ood"], row["num_interruptions"] = silences, ood, interruptions
    row["num_user_utterances"], row["num_agent_utterances"] = user.utterances, agent.utterances
    row["num_user_words"], row["num_agent_words"] = user.words, agent.words
    row["user_talk_seconds"], row["agent_talk_seconds"] = user.talk_seconds, agent.talk_seconds
    if latencies:
        row["latency_avg"], row["latency_max"] = sum(latencies) / len(latencies), max(latencies)
    if agent.first_at is not None:
        row["first_response"] = max(agent.first_at - c.started_at, 0) / 1000
