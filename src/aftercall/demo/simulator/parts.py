"""Parts that many scenes have: who is it, what day, anything else."""

from __future__ import annotations

from typing import Any

from aftercall.demo.simulator import words
from aftercall.demo.simulator.manners import ask, hang_up, interlude
from aftercall.demo.simulator.stage import Stage

MORE = (("opening hours", "more_hours"), ("parking", "more_parking"), ("address", "more_address"))
"""Topics of a second question, with the rule that asks it."""


def opening(stage: Stage, rule: str, *, amount: str = "") -> None:
    """The caller says what it is about; the agent changes the language if need be."""
    person = stage.plan.person
    stage.caller(rule, amount=amount)
    if person.language != stage.language:
        stage.call("switch_language", language=person.language)
        stage.language = person.language


def identify(stage: Stage, *, private: bool) -> None:
    """Who is it? ``private``: what follows is nobody else's business."""
    person = stage.plan.person
    ask(stage, "ask_name", "give_name")
    born = ""
    if private:
        ask(stage, "ask_born", "give_born")
        born = person.born.isoformat()
    stage.call("verify_patient", full_name=person.name, date_of_birth=born)


def slots_of(stage: Stage, slot: Any) -> dict[str, str]:
    """A Slot of the project, as it is said."""
    return {
        "day": words.spoken_date(slot.start, stage.language),
        "time": words.spoken_time(slot.start, stage.language),
        "dentist": slot.dentist,
    }


def some_weekday(stage: Stage) -> int:
    return stage.chance.randrange(5)


def pick_treatment(stage: Stage) -> str:
    name = stage.chance.choices(list(words.TREATMENTS), list(words.TREATMENTS.values()))[0]
    stage.slots["treatment"] = words.treatment(name, stage.plan.person.language)
    return name


def pick_day(stage: Stage) -> str:
    """An English weekday, for the functions; the slots have it as the caller says it."""
    place = some_weekday(stage)
    language = stage.plan.person.language
    stage.slots["day"] = words.weekday(place, language)
    stage.slots["wrong"] = words.weekday((place + stage.chance.randrange(1, 5)) % 5, language)
    return words.WEEKDAYS[place]


def goodbye(stage: Stage) -> None:
    """Anything else? Mostly not."""
    chance = stage.chance
    if chance.random() < 0.07:
        hang_up(stage)
    stage.agent("anything_else")
    interlude(stage)
    if chance.random() < 0.09:
        topic, rule = chance.choice(MORE)
        stage.caller(rule, day=words.weekday(some_weekday(stage), stage.plan.person.language))
        say_answer(stage, topic)
        stage.agent("anything_else")
    if stage.plan.manner == "happy" and chance.random() < 0.4:
        stage.caller("good_mood")
    stage.caller("no_more")
    if chance.random() < 0.18:
        hang_up(stage)
    stage.call("goodbye")


def say_answer(stage: Stage, topic: str) -> None:
    told = stage.call("clinic", topic=topic)
    answer = words.ANSWERS_ES[topic] if stage.language == "es-US" else str(told)
    stage.agent("answer", answer=answer)


def to_billing(stage: Stage, reason: str) -> None:
    stage.call("handoff_to_billing", reason=reason)
