"""A call as extractors read it: what was said, what is known, what happened. Made from wire events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast

from aftercall.model.times import parse_ms

Event = Mapping[str, Any]
Speaker = Literal["user", "agent"]

FACTS = ("channel", "environment", "direction", "language", "variant_name", "from_number", "ended_reason")
"""What a condition can ask besides ``duration`` (seconds) and ``handoff`` (true or false)."""
_DEFAULTS: dict[str, Any] = {"channel": "voice", "environment": "live", "handoff": False}


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance."""

    turn: int
    """1, 2, 3... in the order spoken, both speakers counted."""
    speaker: Speaker
    text: str
    id: str = ""
    """Of its event."""
    is_silence: bool = False
    is_ood: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """A function the agent called, a handoff, an error: anything that can be counted."""

    kind: str
    name: str = ""
    failed: bool = False


def straight(text: str) -> str:
    """With straight apostrophes, so that "don't" is found however it was typed. As long as before."""
    return text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


@dataclass(frozen=True)
class Call:
    """``previous_contacts``: earlier calls of the same caller within the window that whoever made this chose;
    None: not known."""

    id: str
    turns: tuple[Said, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    happened: tuple[Happened, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """The last value written under each name: True where it was written without one, None where what was
    written does not count."""
    previous_contacts: int | None = None

    @classmethod
    def of(
        cls,
        conversation_id: str,
        events: Iterable[Event],
        facts: Mapping[str, Any] | None = None,
        *,
        previous_contacts: int | None = None,
    ) -> Call:
        """From wire events as dicts, in any order, and what is known better (by its wire name). Retracted
        events are left out."""
        everything = sorted(events, key=_order)
        gone = {event.get("target") for event in everything if event.get("kind") == "retraction"}
        kept = [event for event in everything if event.get("id") is None or event["id"] not in gone]
        known = {**_DEFAULTS, **_facts(kept), **{k: v for k, v in (facts or {}).items() if v is not None}}
        turns = [event for event in kept if event.get("kind") == "turn"]
        return cls(
            id=conversation_id,
            turns=tuple(_said(number, event) for number, event in enumerate(turns, start=1)),
            facts=known,
            happened=tuple(_happened(event) for event in kept if event.get("kind") in _COUNTED),
            metrics={event["name"]: _written(event) for event in kept if event.get("kind") == "metric"},
            previous_contacts=previous_contacts,
        )

    def of_speaker(self, speaker: str | None) -> tuple[Said, ...]:
        return self.turns if speaker is None else self._by_speaker.get(speaker, ())

    @cached_property
    def _by_speaker(self) -> dict[str, tuple[Said, ...]]:
        speakers = {said.speaker for said in self.turns}
        return {one: tuple(said for said in self.turns if said.speaker == one) for one in speakers}

    def plain(self, speaker: str | None) -> str:
        """Everything that the speaker (None: both) said, in one text: to see quickly what is nowhere."""
        if speaker not in self._plain:
            self._plain[speaker] = "\n".join(straight(said.text) for said in self.of_speaker(speaker))
        return self._plain[speaker]

    @cached_property
    def _plain(self) -> dict[str | None, str]:
        return {}

    @cached_property
    def is_engaged(self) -> bool:
        """The caller said something."""
        return any(any(c.isalnum() for c in said.text) for said in self.of_speaker("user"))


_COUNTED = {"function_call": "function_call", "handoff": "handoff", "error": "error", "flow": "flow"}


def _happened(event: Event) -> Happened:
    name = event.get("name") or event.get("destination") or event.get("flow") or ""
    return Happened(_COUNTED[event["kind"]], str(name), event.get("error") is not None)


def _written(event: Event) -> Any:
    return event.get("value", True) if event.get("invalid") is None else None


def _said(number: int, event: Event) -> Said:
    return Said(
        turn=number,
        speaker=cast(Speaker, event["speaker"]),
        text=str(event.get("text") or ""),
        id=str(event.get("id") or ""),
        is_silence=bool(event.get("is_silence")),
        is_ood=bool(event.get("is_ood")),
        interrupted=bool(event.get("interrupted")),
    )


def _facts(events: list[Event]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    start = end = None
    for event in events:
        kind = event.get("kind")
        if kind in ("start", "update"):
            facts |= {name: event[name] for name in FACTS if event.get(name) is not None}
            if kind == "start" or event.get("started_at") is not None:
                start = _time(event, "started_at")
        elif kind == "end":
            end = _time(event, "ended_at")
            if event.get("reason") is not None:
                facts["ended_reason"] = event["reason"]
        elif kind == "handoff":
            facts["handoff"] = True
    if start is None and events:
        start = _time(events[0], "at")
    if start is not None and end is not None:
        facts["duration"] = max(0.0, (end - start) / 1000)
    return facts


def _time(event: Event, name: str) -> int | None:
    told = event.get(name) if event.get(name) is not None else event.get("at")
    return None if told is None else parse_ms(told)


def _order(event: Event) -> tuple[int, int]:
    at = event.get("at")
    return (0 if at is None else parse_ms(at)), int(event.get("seq") or 0)
