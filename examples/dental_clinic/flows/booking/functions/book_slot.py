from _gen import *  # <AUTO GENERATED>
from functions.clinic import TREATMENTS, now


@func_description("Book the slot you have just offered. Only when the caller has agreed to it.")
@func_parameter("caller_agreed", "True if the caller said yes to this very slot")
def book_slot(conv: Conversation, flow: Flow, caller_agreed: bool):
    if not conv.state.offered:
        return "Nothing has been offered yet: look for slots first."
    if not caller_agreed:
        return "Ask whether the slot suits them, and wait for the answer."
    slot = conv.state.offered[0]
    conv.state.booked = slot

    # The one line that this whole product begins with: it happened, at this moment, in this call.
    conv.write_metric("APPOINTMENT_BOOKED")
    # And what about it you would like to count by, or to add up.
    conv.write_metric("TREATMENT", slot.treatment)
    conv.write_metric("BOOKING_VALUE", TREATMENTS[slot.treatment])
    conv.write_metric("DAYS_AHEAD", (slot.start.date() - now(conv).date()).days)

    flow.goto_step("confirm_booking", "slot booked")
    return f"Booked: {slot}. Tell the caller that a text message with the details follows."
