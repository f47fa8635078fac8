"""What API and columns must say, restated as plainly as possible. Shares no code with the product.

A conversation is the list of its acknowledged events, in the order in which they were acknowledged: dicts
as they were sent, with integer ``at``. Rules, from docs/concepts.md and model/events.py:

- the first event under an id is the event; later ones under the same id change nothing
- a retracted event does not count, wherever it stands; it still is one of the ``events`` of the row
- events speak in the order of (at, seq, arrival); of two sources the higher speaks, whatever the order
- nothing may follow an erasure, and nothing is shown of an erased conversation
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

Event = dict[str, Any]
RANK = {"human": 4, "agent": 3, "extraction": 2, "import": 1, "system": 0}
_FACTS = "channel environment direction from_number to_number language variant_id variant_name agent_version"
FACTS = [*_FACTS.split(), "tags", "attributes"]
YEAR_2000 = 946_684_800_000
INFERRED = {bool: "boolean", str: "text", int: "number", float: "number"}
TRUE, FALSE = ("true", "yes", "y", "1"), ("false", "no", "n", "0")


class Project:
    """All that was acknowledged for one project. ``types``: of each registered metric, by name."""

    def __init__(self) -> None:
        self.told: dict[str, dict[str, Event]] = {}
        self.types: dict[str, str] = {}
        self._arrivals = 0

    def tell(self, batch: list[Event]) -> tuple[int, int, list[int]]:
        """What ingest must answer: accepted, duplicates, positions refused as ERASED."""
        accepted, duplicates, refused = 0, 0, []
        for position, event in enumerate(batch):
            events = self.told.setdefault(event["conversation_id"], {})
            if event["id"] in events:
                duplicates += 1
            elif any(known["kind"] == "erasure" for known in events.values()):
                refused.append(position)
            else:
                self._arrivals += 1
                events[event["id"]] = {"source": "agent", "seq": 0, **event, "arrival": self._arrivals}
                accepted += 1
        for conversation_id in dict.fromkeys(event["conversation_id"] for event in batch):
            self._register(self.shown(conversation_id))
        return accepted, duplicates, refused

    def shown(self, conversation_id: str) -> Shown | None:
        """None for a conversation that is not there, or not any more."""
        events = self.told.get(conversation_id, {})
        if not events or any(event["kind"] == "erasure" for event in events.values()):
            return None
        return Shown(list(events.values()))

    def _register(self, shown: Shown | None) -> None:
        for name, writes in (shown.metrics if shown else {}).items():
            for write in writes:
                value = write.get("value", True)
                if name not in self.types and type(value) in INFERRED and "invalid" not in write:
                    self.types[name] = INFERRED[type(value)]


class Shown:
    """One conversation: what its events say."""

    def __init__(self, told: list[Event]) -> None:
        self.all = sorted(told, key=lambda e: (e["at"], e["seq"], e["arrival"]))
        gone = {e["target"] for e in self.all if e["kind"] == "retraction"}
        self.events = [e for e in self.all if e["id"] not in gone]
        self.turns = self.of("turn")
        self.metrics = {
            name: self._writes(name) for name in dict.fromkeys(e["name"] for e in self.of("metric"))
        }
        self.started_at = self._started_at()
        self.handoff = last(highest(self.of("handoff")))
        ends = highest(self.of("end"))
        named = [e["ended_at"] for e in ends if sane(e.get("ended_at"))]
        self.told_end = (named[-1] if named else ends[0]["at"]) if ends else None
        self.ended_at = None if self.told_end is None else max(self.told_end, self.started_at)
        self.ended_reason = last([e["reason"] for e in ends if e.get("reason") is not None])

    def of(self, *kinds: str) -> list[Event]:
        return [e for e in self.events if e["kind"] in kinds]

    def fact(self, field: str) -> Any:
        told = highest([e for e in self.of("start", "update") if e.get(field) is not None])
        return told[-1][field] if told else None

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for event in self.of("state"):
            state.update(event.get("set", {}))
            for key in event.get("deleted", []):
                state.pop(key, None)
        return state

    def pairs(self) -> list[tuple[list[Event], list[Event]]]:
        """Turns: what the user said, then what the agent answered."""
        turns: list[tuple[list[Event], list[Event]]] = []
        for event in self.turns:
            if not turns or (event["speaker"] == "user" and turns[-1][1]):
                turns.append(([], []))
            turns[-1][event["speaker"] == "agent"].append(event)
        return turns

    def seqs_missing(self) -> int:
        lasts = [e.get("last_seq") or 0 for e in self.all if e["kind"] == "end"]
        return len(set(range(1, max(lasts, default=0) + 1)) - {e["seq"] for e in self.all})

    def agent_ms(self) -> int:
        """How long the agent had it: until the handoff if there was one, else until the end."""
        if self.told_end is None:
            return 0
        until: int = min(self.told_end, self.handoff["at"]) if self.handoff else self.told_end
        return max(until - self.started_at, 0)

    def _started_at(self) -> int:
        told = highest([e for e in self.of("start", "update") if sane(e.get("started_at"))])
        bare = highest([e for e in self.of("start") if not sane(e.get("started_at"))])
        if told and (not bare or rank(told[0]) >= rank(bare[0])):
            return int(told[-1]["started_at"])
        return int((bare or self.events or self.all)[0]["at"])

    def _writes(self, name: str) -> list[Event]:
        writes = highest([e for e in self.of("metric") if e["name"] == name])
        return writes[:1] if any(e.get("write_once") for e in writes) else writes


def rank(event: Event) -> int:
    return RANK[event["source"]]


def highest(events: list[Event]) -> list[Event]:
    """Those of the highest source that speaks."""
    top = max(map(rank, events), default=0)
    return [e for e in events if rank(e) == top]


def last(items: list[Any]) -> Any:
    return items[-1] if items else None


def sane(ms: int | None) -> bool:
    """Whether a clock that goes right could have told it (tests tell nothing near now + 48 h)."""
    return ms is not None and YEAR_2000 <= ms < 4_000_000_000_000


def as_type(value: Any, type_: str) -> Any:
    """What stands in a column of this type, or ValueError: only what loses nothing gets in."""
    if type_ == "text":
        return api_text(value)
    if type_ == "boolean":
        word = value.strip().lower() if isinstance(value, str) else api_text(value)
        if word in TRUE + FALSE:
            return word in TRUE
    elif not isinstance(value, bool) and set(str(value).strip()) <= set("0123456789.e+-"):
        return float(value)
    raise ValueError(value)


def api_text(value: Any) -> str:
    """As the Conversations API writes a value."""
    if isinstance(value, list | dict):
        return compact(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def iso(ms: int | None) -> str | None:
    text = None if ms is None else datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return text and f"{text}.{(ms or 0) % 1000:03}Z"


def api(shown: Shown) -> dict[str, Any]:
    """The v3 item with its latencies, but for the ids."""
    row, values = columns(shown, {}), {}
    for name, writes in shown.metrics.items():
        texts = [api_text(w.get("value", True)) for w in writes if w.get("value", True) is not None]
        if texts:
            values[name] = texts if len(texts) > 1 else texts[0]
    same = (
        "variant_id variant_name environment channel from_number to_number in_progress num_turns handoff "
        "handoff_reason handoff_destination num_silences num_ood"
    )
    return {field: row[field] for field in same.split()} | {
        "started_at": iso(shown.started_at),
        "total_duration": int(row["duration"] or 0),
        "polyai_duration": shown.agent_ms() // 1000,
        "metrics": values,
        "state": shown.state(),
        "turns": [api_turn(user, agent) for user, agent in shown.pairs()],
    }


def api_turn(user: list[Event], agent: list[Event]) -> dict[str, Any]:
    def text(side: list[Event], field: str = "text", glue: str = " ") -> str:
        return glue.join(said[field] for said in side if said.get(field))

    def any_of(flag: str) -> bool:
        return any(said.get(flag) for said in user + agent)

    return {
        "user_input": text(user),
        "user_input_dtmf": text(user, "dtmf", ""),
        "user_input_datetime": iso(user[0]["at"]) if user else None,
        "barge_in": any_of("interrupted"),
        "agent_response": text(agent),
        "agent_response_datetime": iso(agent[0]["at"]) if agent else None,
        "latency": next((said["latency_ms"] for said in agent if "latency_ms" in said), None),
        "translated_user_input": text(user, "translated_text"),
        "english_agent_response": text(agent, "translated_text"),
        "intents": [intent for said in user + agent for intent in said.get("intents", [])],
        "entities": [],
        "is_ood": any_of("is_ood"),
        "is_silence": any_of("is_silence"),
    }


def columns(shown: Shown, types: dict[str, str]) -> dict[str, Any]:
    """The conversation's row, times in epoch milliseconds; a metric's column has its name here."""
    row: dict[str, Any] = {field: shown.fact(field) for field in FACTS}
    calls, invalid = shown.of("function_call"), []
    for name, writes in shown.metrics.items():
        value = writes[-1].get("value", True)
        try:
            if "invalid" in writes[-1] or isinstance(value, list | dict):
                raise ValueError(value)
            row[name] = None if value is None or name not in types else as_type(value, types[name])
        except ValueError:
            row[name] = None
            invalid += [name] if name in types else []
    ended = shown.ended_at is not None
    return row | {
        "channel": row["channel"] or "voice",
        "environment": row["environment"] or "live",
        "tags": row["tags"] or [],
        "attributes": compact(row["attributes"] or {}),
        "state": compact(shown.state()),
        "started_at": shown.started_at,
        "ended_at": shown.ended_at,
        "in_progress": not ended,
        "duration": (shown.ended_at - shown.started_at) / 1000 if shown.ended_at is not None else None,
        "agent_duration": shown.agent_ms() / 1000 if ended else None,
        "ended_reason": shown.ended_reason,
        "num_turns": len(shown.pairs()),
        "num_utterances": len(shown.turns),
        "num_silences": sum(turn.get("is_silence", False) for turn in shown.turns),
        "num_ood": sum(turn.get("is_ood", False) for turn in shown.turns),
        "num_interruptions": sum(turn.get("interrupted", False) for turn in shown.turns),
        "num_function_calls": len(calls),
        "num_function_errors": sum(call.get("error") is not None for call in calls),
        "num_errors": len(shown.of("error")),
        "handoff": shown.handoff is not None,
        "handoff_reason": shown.handoff.get("reason") if shown.handoff else None,
        "handoff_destination": shown.handoff.get("destination") if shown.handoff else None,
        "metrics_written": list(shown.metrics),
        "metrics_invalid": invalid,
        "seqs_missing": shown.seqs_missing(),
        "last_event_at": shown.all[-1]["at"],
        "events": len(shown.all),
        "num_handoffs": len(shown.of("handoff")),
        "function_names": distinct(calls, "name"),
        "function_failures": distinct([call for call in calls if call.get("error") is not None], "name"),
        "flows": distinct(shown.of("flow"), "flow"),
        "steps": distinct(shown.of("flow"), "step"),
        "writes": [
            (e["name"], e["source"], e["at"], *write(e, types.get(e["name"]))) for e in standing(shown)
        ],
        **speech(shown),
    }


def standing(shown: Shown) -> list[Event]:
    """Its writes in order; where one of a name and source is write_once, the first of them alone."""
    of: dict[tuple[str, str], list[Event]] = {}
    for event in shown.of("metric"):
        of.setdefault((event["name"], event["source"]), []).append(event)
    kept = [w[:1] if any(e.get("write_once") for e in w) else w for w in of.values()]
    return sorted((e for some in kept for e in some), key=shown.events.index)


def write(event: Event, type_: str | None) -> tuple[str, float, str]:
    """(type, number, text) of one write, as its metric has it; of an unknown name as its own."""
    value = event.get("value", True)
    if value is None:
        return "null", 0.0, ""
    try:
        if "invalid" in event or isinstance(value, list | dict):
            raise ValueError(value)
        type_ = type_ or INFERRED[type(value)]
        fitting = as_type(value, type_)
        return type_, 0.0 if type_ == "text" else float(fitting), api_text(fitting)
    except ValueError:
        return "invalid", 0.0, value if isinstance(value, str) else compact(value)


def distinct(events: list[Event], field: str) -> list[str]:
    return list(dict.fromkeys(e[field] for e in events if e.get(field)))


def speech(shown: Shown) -> dict[str, Any]:
    sides = {who: [t for t in shown.turns if t["speaker"] == who] for who in ("user", "agent")}
    waits = [t["latency_ms"] / 1000 for t in sides["agent"] if "latency_ms" in t]
    answered = [max(t["at"] - shown.started_at, 0) / 1000 for t in sides["agent"][:1]]
    row: dict[str, Any] = {
        "latency_avg": sum(waits) / len(waits) if waits else None,
        "latency_max": max(waits, default=None),
        "first_response": last(answered),
    }
    for who, turns in sides.items():
        spans = [max(t["ended_at"] - t["at"], 0) / 1000 for t in turns if sane(t.get("ended_at"))]
        row[f"num_{who}_utterances"] = len(turns)
        row[f"num_{who}_words"] = sum(len(t["text"].split()) for t in turns)
        row[f"{who}_talk_seconds"] = sum(spans) if spans else None
    return row
