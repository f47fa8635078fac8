"""What people call the clinic about. Each scene is a small function on a Script; LINE_UP says how often."""

from __future__ import annotations

import random
from collections.abc import Callable

from aftercall.demo.call import Call, Script
from aftercall.demo.clinic import TREATMENTS

Scene = Callable[[Script], None]


def made_up_call(seed: object) -> Call:
    """The same call for the same seed, whatever was made before it."""
    chance = random.Random(f"{seed}")
    script = Script(chance)
    script.agent("greet")
    scene = chance.choices([scene for scene, _ in LINE_UP], [weight for _, weight in LINE_UP])[0]
    scene(script)
    return script.finish()


def booking(script: Script) -> None:
    script.flow("Booking")
    script.user("want_booking")
    identify(script)
    treatment = script.treatment
    wanted = {"treatment": treatment, "week": "next"}
    broken = "calendar timed out after 5 s" if script.chance.random() < 0.06 else None
    if not script.function("find_slots", wanted, {"slots": 3}, fails=broken):
        script.function("find_slots", wanted, {"slots": 2})
    if script.chance.random() < 0.12:
        script.agent("full")
        script.user("no_thanks")
        return goodbye(script)
    script.agent("offer")
    if script.chance.random() < 0.25:
        script.user("decline")
        script.agent("offer")
    script.user("accept")
    script.function("book_appointment", {"slot": f"{script.word('day')} {script.word('hour')}"}, {"ok": True})
    script.remember(treatment=treatment, dentist=script.word("dentist"))
    script.metric("APPOINTMENT_BOOKED")
    script.metric("TREATMENT", treatment)
    script.metric("APPOINTMENT_VALUE", TREATMENTS[treatment])
    script.text_message(f"Juniper Lane Dental: {script.word('day')} {script.word('hour')}")
    script.agent("booked")
    return goodbye(script)


def moving(script: Script) -> None:
    script.flow("Reschedule")
    script.user("want_move")
    identify(script)
    script.agent("offer")
    script.user("accept")
    script.function("move_appointment", {"to": script.word("day")}, {"ok": True})
    script.metric("APPOINTMENT_MOVED")
    script.text_message(f"Juniper Lane Dental: moved to {script.word('day')}")
    script.agent("moved")
    goodbye(script)


def cancelling(script: Script) -> None:
    script.flow("Cancel")
    script.user("want_cancel")
    identify(script)
    script.function("cancel_appointment", {"name": script.call.caller}, {"fee": 0})
    script.metric("APPOINTMENT_CANCELLED")
    script.agent("cancelled")
    goodbye(script)


def paying(script: Script) -> None:
    script.flow("Payment")
    script.user("want_pay")
    identify(script)
    script.agent("ask_card")
    script.user("accept")
    amount = int(script.word("amount"))
    declined = "card declined" if script.chance.random() < 0.2 else None
    charge = {"amount": amount, "card": script.word("card")}
    if script.function("charge_card", charge, {"receipt": "sent"}, fails=declined):
        script.metric("PAYMENT_PROCESSED")
        script.metric("PAYMENT_AMOUNT", amount)
        script.text_message(f"Juniper Lane Dental: we received ${amount}. Thank you!")
        script.agent("paid")
        return goodbye(script)
    script.metric("PAYMENT_DECLINED")
    script.agent("not_paid")
    return to_billing(script, "card declined")


def insurance(script: Script) -> None:
    script.flow("Insurance")
    script.user("want_insurance")
    identify(script)
    insurer = script.word("insurer")
    active = script.chance.random() < 0.8
    script.function("check_policy", {"insurer": insurer}, {"active": active})
    script.metric("INSURER", insurer)
    if active:
        script.metric("INSURANCE_VERIFIED")
        script.agent("covered")
        return goodbye(script)
    script.agent("not_covered")
    return to_billing(script, "policy not found")


def billing_question(script: Script) -> None:
    script.user("want_billing")
    script.agent("to_billing")
    to_billing(script, "question about a charge")


def person_please(script: Script) -> None:
    script.user("want_human")
    script.agent("to_desk")
    script.handoff("front desk", "caller asked for a person")


def emergency(script: Script) -> None:
    script.flow("Emergency")
    script.user("emergency")
    script.metric("EMERGENCY")
    script.agent("to_nurse")
    script.handoff("nurse on duty", "pain")


def opening_hours(script: Script) -> None:
    script.user("want_hours")
    script.agent("hours")
    goodbye(script)


def wrong_topic(script: Script) -> None:
    script.user("ood", is_ood=True)
    script.agent("sorry")
    opening_hours(script)


def nobody_there(script: Script) -> None:
    script.silence()
    script.agent("still_there")
    script.silence()
    script.hang_up()


def early_hang_up(script: Script) -> None:
    script.user("want_booking")
    script.agent("ask_name")
    script.hang_up()


def identify(script: Script) -> None:
    script.agent("ask_name")
    script.user("give_name")
    found = {"patient": script.call.caller, "known": True}
    script.function("find_patient", {"phone": script.call.caller_number}, found)
    script.remember(patient=script.call.caller)


def to_billing(script: Script, reason: str) -> None:
    script.metric("HANDOFF_BILLING")
    script.handoff("billing desk", reason)


def goodbye(script: Script) -> None:
    if script.chance.random() < 0.1:
        script.hang_up()
        return
    script.agent("anything")
    script.user("no_bye")
    script.agent("bye")


LINE_UP: tuple[tuple[Scene, int], ...] = (
    (booking, 34),
    (moving, 10),
    (cancelling, 8),
    (paying, 12),
    (insurance, 10),
    (billing_question, 5),
    (person_please, 4),
    (emergency, 3),
    (opening_hours, 6),
    (wrong_topic, 2),
    (nobody_there, 2),
    (early_hang_up, 4),
)
