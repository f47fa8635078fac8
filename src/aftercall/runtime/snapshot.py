"""A conversation as a function finds it: made from its stored events, handed to the child as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aftercall.model.events import SOURCE_RANK
from aftercall.model.times import now_ms, parse_ms

Event = Mapping[str, Any]

_FACTS = {
    "environment": "env",
    "channel": "channel_type",
    "from_number": "caller_number",
    "to_number": "callee_number",
    "language": "language",
    "variant_name": "variant_name",
}
"""Wire name -> name on conv."""
_DEFAULTS = {"env": "live", "channel_type": "voice"}


@dataclass(slots=True)
class Snapshot:
    """Everything ``conv`` can be asked. Plain JSON all through; ``state`` in the tagged codec."""

    conversation_id: str
    account_id: str | None = None
    project_id: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """env, channel_type, caller_number, callee_number, language, variant_name."""
    history: list[tuple[str, str]] = field(default_factory=list)
    """``(user | agent, text)``"""
    metrics: list[dict[str, Any]] = field(default_factory=list)
    """``{name, value?, write_once, id, at}``; without ``value`` it just happened."""
    state: dict[str, Any] = field(default_factory=dict)
    current_flow: str | None = None
    current_step: str | None = None
    sip_headers: dict[str, Any] = field(default_factory=dict)
    integration_attributes: dict[str, Any] = field(default_factory=dict)
    entities: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    """What earlier conversations of the same caller left to be remembered."""
    real_time_config: dict[str, Any] = field(default_factory=dict)
    transcript_alternatives: list[str] = field(default_factory=list)
    """Of the user's last utterance, the chosen one included."""
    attachments: list[Any] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        conversation_id: str,
        events: Iterable[Event] = (),
        facts: Mapping[str, Any] | None = None,
        *,
        account_id: str | None = None,
        project_id: str | None = None,
        memory: Mapping[str, Any] | None = None,
        real_time_config: Mapping[str, Any] | None = None,
    ) -> Snapshot:
        """From wire events (as dicts, any order, each id once) and, where they are known better, the facts
        of the conversation by their wire names (store.fold's ``facts``).

        Retracted events are left out. Leave out the events of earlier attempts yourself: a new attempt must
        not find what the last one wrote.
        """
        snapshot = cls(conversation_id, account_id, project_id)
        snapshot.memory, snapshot.real_time_config = dict(memory or {}), dict(real_time_config or {})
        everything = sorted(events, key=_order)
        gone = {event.get("target") for event in everything if event.get("kind") == "retraction"}
        ranks: dict[str, int] = {}
        for event in everything:
            if event.get("id") is None or event["id"] not in gone:
                _add(snapshot, event, ranks)
        for name, value in (facts or {}).items():
            _fact(snapshot, name, value)
        snapshot.facts = {**_DEFAULTS, **snapshot.facts}
        return snapshot

    def for_child(self) -> dict[str, Any]:
        ids = {"id": self.conversation_id, "account_id": self.account_id, "project_id": self.project_id}
        return {
            "facts": {**self.facts, **ids},
            "history": self.history,
            "metrics": self.metrics,
            "state": self.state,
            "current_flow": self.current_flow,
            "current_step": self.current_step,
            "sip_headers": self.sip_headers,
            "integration_attributes": self.integration_attributes,
            "entities": self.entities,
            "memory": self.memory,
            "real_time_config": self.real_time_config,
            "transcript_alternatives": self.transcript_alternatives,
            "attachments": self.attachments,
        }


def _order(event: Event) -> tuple[int, int]:
    at = event.get("at")
    return (now_ms() if at is None else parse_ms(at)), int(event.get("seq") or 0)


def _add(snapshot: Snapshot, event: Event, ranks: dict[str, int]) -> None:
    kind = event.get("kind")
    if kind == "turn":
        _turn(snapshot, event)
    elif kind == "metric":
        told = {name: event[name] for name in ("name", "value", "write_once") if name in event}
        snapshot.metrics.append({**told, "id": event.get("id") or "", "at": _order(event)[0]})
    elif kind == "state":
        snapshot.state.update(event.get("set") or {})
        for key in event.get("deleted") or ():
            snapshot.state.pop(key, None)
    elif kind == "flow":
        snapshot.current_flow, snapshot.current_step = event.get("flow"), event.get("step")
    elif kind in ("start", "update"):
        rank = SOURCE_RANK.get(event.get("source") or "agent", 0)
        for name in (*_FACTS, "attributes"):
            if event.get(name) is not None and rank >= ranks.get(name, -1):
                ranks[name] = rank
                _fact(snapshot, name, event[name])
    elif kind == "custom" and event.get("name") == "attachments":
        snapshot.attachments += (event.get("data") or {}).get("attachments") or []


def _turn(snapshot: Snapshot, event: Event) -> None:
    text = event.get("text") or ""
    snapshot.history.append((event["speaker"], text))
    if event["speaker"] == "user":
        others = event.get("transcript_alternatives") or event.get("alternatives") or []
        snapshot.transcript_alternatives = list(dict.fromkeys([text, *others])) if text or others else []
        for item in event.get("entities") or ():
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                snapshot.entities[item["name"]] = item


def _fact(snapshot: Snapshot, name: str, value: Any) -> None:
    if name in _FACTS and value is not None:
        snapshot.facts[_FACTS[name]] = value
    elif name == "attributes" and isinstance(value, Mapping):
        snapshot.integration_attributes = dict(value)
        headers = value.get("sip_headers")
        snapshot.sip_headers = dict(headers) if isinstance(headers, Mapping) else {}
