from _gen import *  # <AUTO GENERATED>
from functions.clinic import now, spoken_day, spoken_time
from functions.practice import free_slots


@func_description("Move the appointment to the first free slot on another day.")
@func_parameter("preferred_day", "A weekday in English")
def move_appointment(conv: Conversation, flow: Flow, preferred_day: str):
    slots = free_slots(conv, conv.state.appointment.treatment, preferred_day)
    if not slots:
        conv.write_metric("NO_SLOT_FOUND")
        return f"Nothing is free on a {preferred_day}. Ask for another day."
    conv.state.booked = slots[0]
    conv.write_metric("APPOINTMENT_MOVED")
    conv.write_metric("DAYS_AHEAD", (slots[0].start.date() - now(conv).date()).days)
    told = f"{spoken_day(slots[0].start)} at {spoken_time(slots[0].start)}"
    conv.functions.send_text(purpose="change", content=f"your new appointment is on {told}.")
    conv.exit_flow()
    return f"Moved to {told} with {slots[0].dentist}. Ask if there is anything else."
