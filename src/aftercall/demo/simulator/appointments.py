"""Calls about appointments: made, moved, cancelled, and made against the caller's word."""

from __future__ import annotations

from aftercall.demo.simulator import words
from aftercall.demo.simulator.manners import ask, interlude
from aftercall.demo.simulator.parts import identify, opening, pick_day, pick_treatment, slots_of
from aftercall.demo.simulator.stage import Over, Stage


def booking(stage: Stage) -> None:
    treatment = pick_treatment(stage)
    day = pick_day(stage)
    opening(stage, "want_booking_again" if stage.plan.is_again else "want_booking")
    stage.enter("Booking")
    identify(stage, private=False)
    answer = "correct_day" if stage.chance.random() < 0.1 else "give_day"
    ask(stage, "ask_day", answer)
    stage.call("find_slots", "Booking", treatment=treatment, preferred_day=day)
    if not stage.conv.state.offered and stage.plan.twist != "full":
        stage.call("find_slots", "Booking", treatment=treatment, preferred_day="")
    if not stage.conv.state.offered:
        waiting_list(stage)
    elif stage.plan.twist == "phantom":
        phantom_booking(stage)
    else:
        negotiate(stage)


def negotiate(stage: Stage) -> None:
    """One slot after the other, until one suits or the caller has had enough."""
    stage.agent("offer", **slots_of(stage, stage.conv.state.offered[0]))
    interlude(stage)
    while stage.chance.random() < 0.24:
        stage.caller("decline")
        stage.call("decline_slot", "Booking", reason="does not suit")
        if not stage.conv.state.offered:
            waiting_list(stage)
            return
        stage.agent("offer_next", **slots_of(stage, stage.conv.state.offered[0]))
    if stage.chance.random() < 0.05:
        stage.caller("firm_no")
        stage.call("decline_slot", "Booking", reason="wants none of them")
        stage.agent("off_list")
        return
    stage.caller("accept")
    book(stage)


def phantom_booking(stage: Stage) -> None:
    """Variant B's fault: the caller says no, and it books all the same."""
    stage.agent("offer", **slots_of(stage, stage.conv.state.offered[0]))
    stage.caller("firm_no")
    book(stage)


def book(stage: Stage) -> None:
    slot = stage.conv.state.offered[0]
    stage.call("book_slot", "Booking", caller_agreed=True)
    stage.agent("booked", **slots_of(stage, slot))


def waiting_list(stage: Stage) -> None:
    stage.agent("full")
    if stage.chance.random() < 0.6:
        stage.caller("join_list")
        stage.call("join_waiting_list", "Booking")
        stage.agent("on_list")
    else:
        stage.caller("no_list")
        stage.agent("off_list")


def book_after_all(stage: Stage, treatment: str) -> None:
    """Now that the money is clear: an appointment, too."""
    day = pick_day(stage)
    stage.caller("want_booking", plainly=True)
    stage.enter("Booking")
    stage.call("find_slots", "Booking", treatment=treatment, preferred_day=day)
    if stage.conv.state.offered:
        negotiate(stage)
    else:
        waiting_list(stage)


def find_own_appointment(stage: Stage) -> bool:
    stage.enter("Rescheduling")
    identify(stage, private=False)
    stage.call("find_appointment", "Rescheduling")
    if stage.conv.state.appointment:
        return True
    stage.agent("no_appointment")
    if stage.chance.random() < 0.4:
        stage.caller("human_again")
        stage.call("ask_for_human")
        stage.call("handoff_to_front_desk", reason="appointment not found")
    stage.caller("no_list")
    return False


def moving(stage: Stage) -> None:
    day = pick_day(stage)
    opening(stage, "want_move")
    if find_own_appointment(stage):
        stage.agent("ask_which_move", **slots_of(stage, stage.conv.state.appointment))
        interlude(stage)
        stage.caller("give_day", day=words.weekday(words.WEEKDAYS.index(day), stage.plan.person.language))
        move_to(stage, day)


def move_to(stage: Stage, day: str) -> None:
    if stage.call("move_appointment", "Rescheduling", preferred_day=day) and stage.conv.state.booked:
        stage.agent("moved", **slots_of(stage, stage.conv.state.booked))
    else:
        stage.agent("full")
        stage.caller("no_list")
        stage.agent("off_list")


def cancelling(stage: Stage) -> None:
    pick_day(stage)
    opening(stage, "want_cancel")
    if find_own_appointment(stage):
        cancel(stage)


def cancel(stage: Stage) -> None:
    if stage.conv.state.late:
        stage.agent("fee")
    ask(stage, "ask_cancel_why", "cancel_why")
    reasons = ("illness", "work", "work", "cost", "moved away", "fear", "other")
    stage.call("cancel_appointment", "Rescheduling", reason=stage.chance.choice(reasons))
    stage.agent("cancelled")


def phantom(stage: Stage) -> None:
    """The caller never wanted the appointment that variant B booked."""
    opening(stage, "phantom")
    stage.enter("Rescheduling")
    stage.agent("calm")
    if stage.chance.random() < 0.5:
        stage.caller("bad_mood")
    identify(stage, private=False)
    stage.call("find_appointment", "Rescheduling")
    stage.agent("not_phantom")
    if stage.conv.state.appointment:
        stage.call("cancel_appointment", "Rescheduling", reason="other")
    else:
        stage.call("handoff_to_front_desk", reason="says the booking was never agreed")


def reminder(stage: Stage) -> None:
    """A call of ours, the day before: half of them reach a machine."""
    if stage.chance.random() < 0.5:
        stage.caller("greeting_machine", plainly=True)
        try:
            stage.call("machine_answered")
        except Over:
            stage.over("voicemail")
    stage.caller("hi", plainly=True)
    stage.call("find_patient")
    day = pick_day(stage)
    stage.language = stage.plan.person.language
    stage.agent("greet_reminder", time="9:15" if stage.language == "es-US" else "9:15 AM")
    if stage.chance.random() < 0.75:
        stage.caller("reminder_yes")
        stage.agent("reminder_good")
    else:
        stage.caller("reminder_no")
        if find_own_appointment(stage):
            move_to(stage, day)
    stage.call("goodbye")
