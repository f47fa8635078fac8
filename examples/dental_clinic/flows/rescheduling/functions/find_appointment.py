from _gen import *  # <AUTO GENERATED>
from functions.practice import appointment_of


@func_description("Look up the caller's next appointment.")
def find_appointment(conv: Conversation, flow: Flow):
    slot = appointment_of(conv, conv.caller_number)
    if slot is None:
        conv.write_metric("APPOINTMENT_NOT_FOUND")
        return "There is no appointment under this number. Offer to book one, or the front desk."
    conv.state.appointment = slot
    flow.goto_step("check_notice", "appointment found")
    return f"The appointment is: {slot}."
