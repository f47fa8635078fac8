"""One call on its own clock: who speaks, which functions run, and the wire events of it all.

The functions are the agent project's own and really run; what is played is the caller, and the model that
would choose the functions. Nothing here takes real time.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn

from aftercall.demo.simulator import discoveries, words
from aftercall.demo.simulator.company import Company
from aftercall.demo.simulator.grammar import Grammar
from aftercall.demo.simulator.plan import Plan
from aftercall.demo.simulator.slips import slip
from aftercall.extraction import Call, Field, RulesExtractor, extract
from aftercall.runtime.snapshot import Snapshot

DURATIONS_MS: dict[str, tuple[int, int]] = {
    "check_insurance": (600, 2_600),
    "take_payment": (900, 2_400),
    "find_slots": (180, 900),
    "send_text": (120, 400),
}
"""How long a function takes, at least and at most; others 25 to 220."""
TIMEOUT_MS = 8_000
SILENCE_MS = 6_000


class Over(Exception):
    """The call has ended; ``reason`` in the words of the wire schema."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Cast:
    """What every call needs and none changes."""

    company: Company
    line: str
    clinic: str
    version: str | None = None
    """Of the agent project, if the server knows it."""
    fields: Sequence[Field] = ()
    """What its metrics.yaml declares to be asked after the call."""
    callers: Mapping[str, Grammar] = field(
        default_factory=lambda: {"en-US": Grammar.load("caller.en"), "es-US": Grammar.load("caller.es")}
    )
    agents: Mapping[str, Grammar] = field(
        default_factory=lambda: {"en-US": Grammar.load("agent.en"), "es-US": Grammar.load("agent.es")}
    )


class Stage:
    """``events`` grow as the call goes on; ``number`` gives them ids and an order at its end."""

    def __init__(self, cast: Cast, plan: Plan) -> None:
        self.plan = plan
        self.chance = random.Random(plan.seed)
        self.events: list[dict[str, Any]] = []
        self.now = plan.at
        self.language = "en-US"
        """In which the agent speaks; callers speak their own."""
        self.slots: dict[str, str] = {}
        self._cast = cast
        self._last = ""
        """What the agent said last, to say it again."""
        self._barge_in = False
        self._begin()

    def _begin(self) -> None:
        plan = self.plan
        ours, theirs = self._cast.line, plan.person.number
        outbound = plan.scene == "reminder"
        facts = {
            "channel": plan.channel,
            "language": "en-US",
            "from_number": ours if outbound else theirs,
            "to_number": theirs if outbound else ours,
            "variant_name": plan.variant,
        }
        told = {"variant_id": {"warm": "A", "brisk": "B"}[plan.variant], "tags": ["demo"]}
        version = {"agent_version": self._cast.version} if self._cast.version else {}
        direction = "outbound" if outbound else "inbound"
        self.tell("start", started_at=plan.at, direction=direction, **facts, **told, **version)
        # What the clinic's stand-ins answer is the functions' business alone: told to the reports, it would
        # give away what there is to find.
        known = {
            "attributes": {"pretend": self._pretend()},
            **facts,
            "from_number": theirs,
            "to_number": ours,
        }
        snapshot = Snapshot.of(plan.id, (), known, real_time_config={"without_a_model": "rules"})
        self.conv = self._cast.company.answer(snapshot, self._take)

    def _pretend(self) -> dict[str, Any]:
        plan = self.plan
        now = datetime.fromtimestamp(plan.at / 1000, UTC)
        told: dict[str, Any] = {"now": now.isoformat(), "patient": plan.person.file()}
        more: dict[str, dict[str, Any]] = {
            "terminal": {"terminal": discoveries.TERMINAL_ERROR},
            "declined": {"card": "declined"},
            "insurer": {"insurer": "timeout"},
            "unknown policy": {"insurer": "unknown"},
            "full": {"calendar": "full"},
        }
        usual = {"insurer": "active"} if plan.scene == "insurance" else {}
        return {**told, **more.get(plan.twist, usual)}

    # --- what is said

    def agent(self, rule: str, **slots: str) -> None:
        """The agent speaks, in its variant's way."""
        grammar = self._cast.agents[self.language]
        brisk = f"{rule}_brisk"
        self.slots.update(slots)
        chosen = brisk if self.plan.variant == "brisk" and brisk in grammar else rule
        self.utter(grammar.say(chosen, self.chance, {**self._usual(), **self.slots, "last": self._last}))

    def utter(self, text: str) -> None:
        """The agent says exactly this."""
        latency = int(self.chance.lognormvariate(6.55, 0.42)) + (
            discoveries.SLOW_SPANISH_MS if self.plan.slow and self.language == "es-US" else 0
        )
        if self.plan.variant == "brisk":
            latency = int(latency * 0.86)
        self.now += latency
        spoken = 300 + 52 * len(text) if self.plan.channel == "voice" else 0
        self._barge_in = self.plan.channel == "voice" and self.chance.random() < self._barge_in_share()
        self.tell(
            "turn",
            speaker="agent",
            text=text,
            ended_at=self.now + spoken,
            latency_ms=latency,
            **({"interrupted": True} if self._barge_in else {}),
        )
        self.conv.hears("agent", text)
        self._last = text
        self.now += int(spoken * (0.6 if self._barge_in else 1.0))

    def caller(self, rule: str, *, plainly: bool = False, **slots: str) -> None:
        """The caller speaks; ``plainly``: without slips."""
        person = self.plan.person
        self.slots.update(slots)
        grammar = self._cast.callers[person.language]
        text = grammar.say(rule, self.chance, {**self._usual(), **self.slots})
        if not plainly:
            text = slip(text, person.language, self.plan.channel, self.chance)
        voice = self.plan.channel == "voice"
        thinking = 0 if self._barge_in else self.chance.randrange(350, 1_900)
        self.now += thinking if voice else self.chance.randrange(4_000, 15_000) + 90 * len(text)
        spoken = 350 + 64 * len(text) if voice else 0
        ood = {"is_ood": True} if rule == "wrong_topic" else {}
        self.tell("turn", speaker="user", text=text, ended_at=self.now + spoken, **ood)
        self.conv.hears("user", text)
        self.now += spoken

    def silence(self) -> None:
        self.now += SILENCE_MS
        self.tell("turn", speaker="user", text="", is_silence=True)
        self.conv.hears("user", "")

    def _usual(self) -> dict[str, str]:
        """Slots that hold all through the call, in the language of whoever speaks: the caller's, mostly."""
        person = self.plan.person
        language = person.language
        return {
            "clinic": self._cast.clinic,
            "name": person.name,
            "first": person.first,
            "born": words.spoken_birthday(person.born, language),
            "insurer": person.insurer,
            "member": person.member,
            "card": person.card,
            "when": words.gap(self.plan.gap_days or 0, language),
        }

    def _barge_in_share(self) -> float:
        share = {"angry": 0.2, "hurried": 0.15}.get(self.plan.manner, 0.04)
        return share * 2 if self.plan.slow else share

    # --- what is done

    def call(self, name: str, flow: str | None = None, /, **arguments: Any) -> Any:
        """The agent calls a function of its project, and the function steps that it leads to.

        What the function has to say is said; a hang-up or a handoff ends the call (Over). None if it failed.
        """
        value = self._run(name, flow, arguments)
        while (step := self._cast.company.step(self.conv)) is not None:
            self._run(step, self.conv.current_flow, {})
        if isinstance(value, dict) and isinstance(value.get("utterance"), str):
            self.utter(value["utterance"])
        if isinstance(value, dict) and value.get("hangup"):
            raise Over("completed")
        if any(event["kind"] == "handoff" for event in self.events[-6:]):
            self.now += 400
            raise Over("handoff")
        return value

    def _run(self, name: str, flow: str | None, arguments: dict[str, Any]) -> Any:
        told: dict[str, Any] = {"name": name, "arguments": arguments, **({"flow": flow} if flow else {})}
        place, began = len(self.events), self.now
        self.now += self._duration(name)
        value: Any = None
        try:
            value = self._cast.company.function(self.conv, name, flow)(**arguments)
            told["result"] = value
        except Exception as error:  # noqa: BLE001 - as on a real call: it is the function's failure, not ours
            told["error"] = f"{type(error).__name__}: {error}"
            trace = self._cast.company.traceback(error)
            self.tell("error", message=told["error"], traceback=trace, where=name)
        self.conv.checkpoint()
        event = {"kind": "function_call", "at": began, **told, "duration_ms": self.now - began}
        self.events.insert(place, event)
        return value

    def _duration(self, name: str) -> int:
        if name == "check_insurance" and self.plan.twist == "insurer":
            return TIMEOUT_MS + self.chance.randrange(120)
        least, most = DURATIONS_MS.get(name, (25, 220))
        return self.chance.randrange(least, most)

    def enter(self, flow: str) -> None:
        if self.conv.current_flow != flow:
            self.conv.goto_flow(flow)

    def start(self) -> None:
        """``start_function``, before the greeting. It is no call of the agent's."""
        self._cast.company.function(self.conv, "start_function")()
        self.conv.checkpoint()

    def over(self, reason: str) -> NoReturn:
        raise Over(reason)

    # --- the events

    def tell(self, kind: str, **fields: Any) -> None:
        self.events.append({"kind": kind, "at": self.now, **fields})

    def _take(self, event: dict[str, Any]) -> None:
        """One that a function wrote: it happened on this call's clock."""
        self.events.append({**event, "at": self.now})

    def number(self, reason: str) -> list[dict[str, Any]]:
        """All events of the call, its end included, complete for the wire. The same call has the same ids."""
        spoken = max((event.get("ended_at", 0) for event in self.events), default=0)
        self.now = max(self.now, spoken) + self.chance.randrange(200, 900)
        last = len(self.events) + 1
        self.tell("end", ended_at=self.now, reason=reason, last_seq=last)
        for seq, event in enumerate(self.events, 1):
            event.update(conversation_id=self.plan.id, id=f"{self.plan.id}-{seq}", seq=seq)
        return list(self.events)

    def analyse(self, previous_contacts: int | None = None) -> list[dict[str, Any]]:
        """What ``end_function`` writes and the rules find with no model, after ``number``: events like those
        of the server's own first attempt, so that it finds nothing left to do."""
        told = len(self.events)
        attempt = f"pc-{told}.1"
        lineage = {"attempt": attempt, "events": told, "try": 1}
        lineage |= {"version": self._cast.version} if self._cast.version else {}
        self.now += self.chance.randrange(60, 400)
        self._cast.company.function(self.conv, "end_function")()
        outcome = {"kind": "postcall", "at": self.now, "attempt": attempt, "status": "ok"}
        written = [*self.events[told:], outcome]
        for place, event in enumerate(written, 1):
            name = "outcome" if event["kind"] == "postcall" else f"{place}"
            event.update(
                conversation_id=self.plan.id, id=f"{attempt}-{name}", source="extraction", lineage=lineage
            )
        call = Call.of(self.plan.id, self.events, previous_contacts=previous_contacts)
        found = extract(call, self._cast.fields, {"rules": RulesExtractor()})
        declared = found.events(self.plan.id, prefix=f"{attempt}-declared", at=self.now)
        return [*written[:-1], *({**e, "lineage": {**lineage, **e["lineage"]}} for e in declared), outcome]
