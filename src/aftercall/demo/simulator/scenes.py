"""What people call about. Each scene drives the project's functions as its model would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aftercall.demo.simulator import words
from aftercall.demo.simulator.appointments import booking, cancelling, moving, phantom, reminder
from aftercall.demo.simulator.manners import hang_up, silent
from aftercall.demo.simulator.money import billing, insurance, paying
from aftercall.demo.simulator.parts import (
    goodbye,
    opening,
    pick_day,
    pick_treatment,
    say_answer,
    some_weekday,
)
from aftercall.demo.simulator.stage import Over, Stage

Scene = Callable[[Stage], None]


def play(stage: Stage) -> list[dict[str, Any]]:
    """The whole call, from its first to its last event."""
    stage.start()
    try:
        if stage.plan.scene == "reminder":
            reminder(stage)
        stage.agent("greet")
        if stage.plan.scene == "nobody":
            nobody(stage)
        interrupted = stage.plan.manner == "hurried" and stage.chance.random() < 0.04
        if interrupted:
            hang_up(stage)
        SCENES[stage.plan.scene](stage)
        goodbye(stage)
    except Over as over:
        return stage.number(over.reason)
    raise AssertionError("every scene ends the call")


def information(stage: Stage) -> None:
    pick_treatment(stage)
    pick_day(stage)
    rules = {
        "opening hours": "want_hours",
        "address": "want_address",
        "parking": "want_parking",
        "prices": "want_prices",
    }
    topic = stage.chance.choices(list(rules), (5, 2, 2, 4))[0]
    opening(stage, rules[topic])
    say_answer(stage, topic)


def emergency(stage: Stage) -> None:
    opening(stage, "emergency")
    stage.agent("nurse")
    stage.call("handoff_to_nurse", symptom="pain or injury")


def person_please(stage: Stage) -> None:
    opening(stage, "want_human")
    stage.call("ask_for_human")
    stage.agent("one_desk")
    if stage.chance.random() < 0.2:
        information(stage)
        return
    stage.caller("human_again")
    stage.call("ask_for_human")
    stage.call("handoff_to_front_desk", reason="asked for a person")


def wrong_topic(stage: Stage) -> None:
    opening(stage, "wrong_topic")
    stage.agent("sorry_topic")
    if stage.chance.random() < 0.5:
        stage.caller("more_hours", day=words.weekday(some_weekday(stage), stage.plan.person.language))
        say_answer(stage, "opening hours")


def nobody(stage: Stage) -> None:
    silent(stage)
    stage.silence()
    stage.agent("give_up")
    stage.over("agent_hangup")


SCENES: dict[str, Scene] = {
    "booking": booking,
    "moving": moving,
    "cancelling": cancelling,
    "phantom": phantom,
    "insurance": insurance,
    "paying": paying,
    "billing": billing,
    "information": information,
    "emergency": emergency,
    "person_please": person_please,
    "wrong_topic": wrong_topic,
}
