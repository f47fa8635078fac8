"""Which calls there are: who rings when, about what, and what will go wrong.

Decided before any of them is played, so that each can be played on its own, by any process, in any order.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta

from aftercall.demo.simulator import discoveries
from aftercall.demo.simulator.discoveries import Planted
from aftercall.demo.simulator.people import NUMBERS, Manner, Person, person
from aftercall.demo.simulator.rhythm import LATEST_MS, at_clinic, days_before, moment, moments

SCENES = {
    "booking": 330, "moving": 115, "cancelling": 65, "insurance": 130, "paying": 125, "billing": 60,
    "information": 75, "emergency": 28, "person_please": 24, "wrong_topic": 12, "nobody": 12, "reminder": 34,
}  # fmt: skip
"""What people call about, in calls of a thousand or so. A reminder is a call of ours."""
FOR_PATIENTS = frozenset({"moving", "cancelling", "paying", "reminder"})
"""Mostly: a few who call about these are strangers to the clinic."""
AGAIN = {"terminal": "paying", "insurer": "insurance", "phantom": "phantom", "full": "booking"}
"""What was left open -> the scene of the call that follows."""
PEOPLE_PER_CALL = 1.05
_NAMESPACE = uuid.UUID("6b3f9b0e-55d1-4c59-9c0a-3c2f1a0d7e11")


@dataclass(frozen=True, slots=True)
class Plan:
    """One call. ``at``: epoch milliseconds of its first moment."""

    id: str
    seed: str
    at: int
    person: Person
    scene: str
    manner: Manner
    variant: str
    channel: str
    twist: str = ""
    """What goes wrong: terminal, insurer, phantom, full, declined, unknown policy; empty: nothing planned."""
    gap_days: int | None = None
    """Days since the call of the same person that this one follows up."""
    slow: bool = False

    @property
    def is_again(self) -> bool:
        return self.gap_days is not None


def plans(seed: str, calls: int, days: int, until: int) -> list[Plan]:
    """So many calls of so many days before ``until``, in the order in which they begin. Pure."""
    chance = random.Random(f"{seed}/{calls}/{days}")
    dates = days_before(until, days)
    planner = _Planner(
        seed, chance, Planted.within(dates), max(1, min(NUMBERS, int(calls * PEOPLE_PER_CALL)))
    )
    drafts = [planner.first_call(at) for at in moments(chance, int(calls * 0.88), dates, until)]
    again = [call for call in map(planner.call_again, drafts) if call and call.at < until - LATEST_MS]
    drafts += again[: calls - len(drafts)]
    drafts += [planner.first_call(at) for at in moments(chance, calls - len(drafts), dates, until)]
    drafts.sort(key=lambda plan: (plan.at, plan.person.number))
    told = f"{seed}/{calls}/{days}/{until}"
    return [
        replace(plan, id=str(uuid.uuid5(_NAMESPACE, f"{told}/{number}")), seed=f"{told}/{number}")
        for number, plan in enumerate(drafts)
    ]


def previous_contacts(made: list[Plan], within_ms: int = 7 * 86_400_000) -> list[int | None]:
    """For each call, in their order, how often the same person had rung before; None of calls of ours."""
    rang: dict[str, list[int]] = {}
    told: list[int | None] = []
    for plan in made:
        if plan.scene == "reminder":
            told.append(None)
            continue
        before = rang.setdefault(plan.person.number, [])
        told.append(sum(at >= plan.at - within_ms for at in before))
        before.append(plan.at)
    return told


def live_plan(seed: str, number: int, at: int, days: int = 60) -> Plan:
    """One call that begins now, in the world that ``plans`` made. The incident is over."""
    chance = random.Random(f"{seed}/live/{at}/{number}")
    planner = _Planner(seed, chance, Planted.within(days_before(at, days)), 2_100)
    plan = planner.first_call(at)
    told = f"{seed}/live/{at}/{number}"
    return replace(plan, id=str(uuid.uuid5(_NAMESPACE, told)), seed=told)


class _Planner:
    def __init__(self, seed: str, chance: random.Random, planted: Planted, people: int) -> None:
        self._seed = seed
        self._chance = chance
        self._planted = planted
        self._people = people

    def first_call(self, at: int) -> Plan:
        chance = self._chance
        # A few people call again and again; most of them once or twice in two months.
        regular = chance.random() < 0.15
        among = max(1, self._people // 5) if regular else self._people
        scene = chance.choices(list(SCENES), list(SCENES.values()))[0]
        who = person(self._seed, chance.randrange(among))
        for _ in range(3):
            if who.known or scene not in FOR_PATIENTS:
                break
            who = person(self._seed, chance.randrange(among))
        return self._call(at, who, scene, who.manner)

    def _call(self, at: int, who: Person, scene: str, manner: Manner) -> Plan:
        chance = self._chance
        day = at_clinic(at).date()
        variant = self._variant(who)
        spoken = scene in ("nobody", "reminder", "emergency") or manner == "silent"
        return Plan(
            id="",
            seed="",
            at=at,
            person=who,
            scene=scene,
            manner=manner,
            variant=variant,
            channel="voice" if spoken or chance.random() < 0.87 else "chat",
            twist=self._twist(scene, who, variant, day),
            slow=who.language != "en-US" and day >= self._planted.slow_from,
        )

    def _variant(self, who: Person) -> str:
        """The same caller always meets the same one, as in a test that shall measure what comes of it."""
        return "brisk" if random.Random(f"{self._seed}/variant/{who.number}").random() < 0.5 else "warm"

    def _twist(self, scene: str, who: Person, variant: str, day: date) -> str:
        luck = self._chance.random()
        if scene == "paying":
            if day in self._planted.incident:
                return "terminal"
            return "declined" if luck < 0.08 else ""
        if scene == "insurance":
            broken = who.insurer == discoveries.INSURER and day >= self._planted.insurer_from
            timeouts = discoveries.TIMEOUTS_PLANTED if broken else discoveries.TIMEOUTS_USUAL
            if luck < timeouts:
                return "insurer"
            return "unknown policy" if luck > 0.87 else ""
        if scene == "booking":
            if variant == discoveries.PHANTOM_VARIANT and luck < discoveries.PHANTOM_SHARE:
                return "phantom"
            return "full" if luck > 0.94 else ""
        return ""

    def call_again(self, plan: Plan) -> Plan | None:
        """The call that follows from what this one left open, if its caller makes one."""
        chance = self._chance
        if chance.random() >= discoveries.COMES_BACK.get(plan.twist, 0.0):
            return None
        gap = chance.choice((1, 1, 1, 2, 2, 3))
        day = at_clinic(plan.at).date() + timedelta(days=gap)
        if day.weekday() == 6:
            day, gap = day + timedelta(days=1), gap + 1
        manner: Manner = "angry" if chance.random() < 0.5 else plan.manner
        manner = "plain" if manner == "silent" else manner
        again = self._call(moment(chance, day), plan.person, AGAIN[plan.twist], manner)
        twist = "" if again.twist == "phantom" else again.twist
        return replace(again, gap_days=gap, twist=twist)
