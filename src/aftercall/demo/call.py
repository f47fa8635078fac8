"""A made-up call as a list of steps on its own clock, ready to be played in no time or in real time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Literal

from aftercall.demo.clinic import (
    CALLERS,
    DAYS,
    DENTISTS,
    HOURS,
    INSURERS,
    NAME,
    PHRASES,
    TREATMENTS,
    TREATMENTS_ES,
    WEEKDAYS_ES,
)

StepKind = Literal["turn", "metric", "function", "handoff", "sms", "flow", "state", "log"]


@dataclass(frozen=True, slots=True)
class Step:
    """``at`` milliseconds after the start; ``told`` are the arguments of the SDK's method of that kind."""

    at: int
    kind: StepKind
    told: dict[str, Any]


@dataclass(slots=True)
class Call:
    """``duration`` in milliseconds; ``ended_reason`` in the words of the wire schema."""

    caller: str
    caller_number: str
    channel: str
    language: str
    variant: str
    steps: list[Step] = field(default_factory=list)
    duration: int = 0
    ended_reason: str = "completed"


class Script:
    """Writes one call: each line spoken, each function called moves its clock on."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        language = "es-ES" if chance.random() < 0.2 else "en-US"
        # A quarter of the callers call half of the time: repeat callers are something to look for.
        regular = chance.random() < 0.5
        person = chance.randrange(len(CALLERS) // 4 if regular else len(CALLERS))
        extension = person if regular else 20 + chance.randrange(70)
        self.call = Call(
            caller=CALLERS[person],
            caller_number=f"+155501{extension:02d}",
            channel="voice" if chance.random() < 0.85 else "chat",
            language=language,
            variant=chance.choice(("warm", "brisk")),
        )
        self._clock = 0
        self.treatment = chance.choice(list(TREATMENTS))
        day = chance.choice(DAYS)
        self._words = {
            "clinic": NAME,
            "name": self.call.caller,
            "treatment": TREATMENTS_ES[self.treatment] if language == "es-ES" else self.treatment,
            "day": WEEKDAYS_ES[day] if language == "es-ES" else day,
            "hour": chance.choice(HOURS),
            "dentist": chance.choice(DENTISTS),
            "insurer": chance.choice(INSURERS),
            "card": f"{chance.randrange(10_000):04d}",
        }
        self._words["amount"] = str(TREATMENTS[self.treatment])

    def word(self, name: str) -> str:
        return self._words[name]

    def agent(self, phrase: str) -> None:
        latency = self.chance.randrange(350, 1_900)
        self._clock += latency
        self._say("agent", phrase, latency_ms=latency)

    def user(self, phrase: str, **facts: Any) -> None:
        self._clock += self.chance.randrange(300, 1_500)
        self._say("user", phrase, **facts)

    def silence(self) -> None:
        self._clock += 6_000
        self._add("turn", speaker="user", text="", is_silence=True)

    def flow(self, name: str) -> None:
        self._add("flow", flow=name)

    def remember(self, **facts: Any) -> None:
        self._add("state", **facts)

    def metric(self, name: str, *value: Any) -> None:
        self._add("metric", name=name, **({"value": value[0]} if value else {}))

    def function(
        self, name: str, arguments: dict[str, Any], result: Any, *, fails: str | None = None
    ) -> bool:
        """True when it worked."""
        duration = self.chance.randrange(80, 1_200)
        told = {"name": name, "arguments": arguments, "duration_ms": duration}
        self._add("function", **told, **({"error": fails} if fails else {"result": result}))
        self._clock += duration
        return fails is None

    def text_message(self, content: str) -> None:
        self._add("sms", content=content, to=self.call.caller_number)
        self.metric("SMS_SENT")

    def handoff(self, destination: str, reason: str) -> None:
        self._add("handoff", destination=destination, reason=reason)
        self.call.ended_reason = "handoff"

    def hang_up(self) -> None:
        self.call.ended_reason = "user_hangup"

    def finish(self) -> Call:
        self.call.duration = self._clock + self.chance.randrange(200, 900)
        return self.call

    def _say(self, speaker: str, phrase: str, **facts: Any) -> None:
        text = PHRASES[self.call.language][phrase].format(**self._words)
        spoken = 400 + 55 * len(text)
        self._add("turn", speaker=speaker, text=text, ended_after=spoken, **facts)
        self._clock += spoken

    def _add(self, kind: StepKind, **told: Any) -> None:
        self.call.steps.append(Step(self._clock, kind, told))
