"""Utterances into turns: the pairs of user and agent that the Conversations API speaks of.

An agent utterance before any user one is a turn with an empty user side; a user utterance opens a turn
and the agent's next closes it; consecutive utterances of one speaker join with a space into that side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Side = Literal["user", "agent"]


@dataclass(slots=True)
class Utterance:
    """One speaker's turn as stored. Times in epoch milliseconds, latency in milliseconds."""

    event_id: str
    speaker: str
    text: str
    at: int
    ended_at: int | None = None
    interrupted: bool = False
    latency_ms: float | None = None
    dtmf: str | None = None
    translated_text: str | None = None
    language: str | None = None
    is_silence: bool = False
    is_ood: bool = False
    intents: list[Any] | None = None
    entities: list[Any] | None = None


@dataclass(slots=True)
class Turn:
    """A pair; either side may be missing."""

    user: list[Utterance] = field(default_factory=list)
    agent: list[Utterance] = field(default_factory=list)


def pair(utterances: Iterable[Utterance]) -> list[Turn]:
    """Turns of utterances that are already in the order in which they were spoken."""
    turns: list[Turn] = []
    for utterance in utterances:
        if not turns or (utterance.speaker == "user" and turns[-1].agent):
            turns.append(Turn())
        side = turns[-1].user if utterance.speaker == "user" else turns[-1].agent
        side.append(utterance)
    return turns


def count(speakers: Iterable[str]) -> int:
    """How many turns these speakers, in order, make: ``len(pair(...))`` without the pairs.

    A turn opens with the first utterance, and with each user utterance that follows an agent's.
    """
    turns = 0
    previous = ""
    for speaker in speakers:
        if not previous or (speaker == "user" and previous == "agent"):
            turns += 1
        previous = speaker
    return turns


def joined(side: Iterable[Utterance]) -> str:
    return " ".join(utterance.text for utterance in side if utterance.text)
