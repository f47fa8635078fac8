from _gen import *  # <AUTO GENERATED>
from functions.clinic import TREATMENTS, spoken_day, spoken_time
from functions.practice import free_slots


@func_description("Look for free appointments.")
@func_parameter("treatment", "One of: check-up, cleaning, filling, root canal, crown, whitening")
@func_parameter("preferred_day", "A weekday in English; empty if the caller has none in mind")
def find_slots(conv: Conversation, flow: Flow, treatment: str, preferred_day: str):
    if treatment not in TREATMENTS:
        return f"We do not do {treatment!r}. Ask which of these it is: {', '.join(TREATMENTS)}."
    slots = free_slots(conv, treatment, preferred_day)
    conv.state.offered = slots
    conv.state.treatment = treatment
    if not slots:
        conv.write_metric("NO_SLOT_FOUND")
        return "Nothing is free on that day in the next two weeks. Offer another day, or the waiting list."
    flow.goto_step("Offer a slot", "slots found")
    offers = [f"{spoken_day(slot.start)} at {spoken_time(slot.start)} with {slot.dentist}" for slot in slots]
    return "Offer these, one at a time: " + "; ".join(offers)
