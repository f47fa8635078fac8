from _gen import *  # <AUTO GENERATED>
from functions.clinic import spoken_day, spoken_time


# A function step is plain Python between two steps of a conversation: no model decides anything here.
def confirm_booking(conv: Conversation, flow: Flow):
    slot = conv.state.booked
    conv.functions.send_text(
        purpose="booking",
        content=f"{slot.treatment} on {spoken_day(slot.start)} at {spoken_time(slot.start)}, {slot.dentist}.",
    )
    conv.exit_flow()
    return "Read day and time back to the caller, and ask if there is anything else."
