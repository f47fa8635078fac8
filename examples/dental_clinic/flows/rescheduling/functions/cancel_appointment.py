from _gen import *  # <AUTO GENERATED>

FEE = 25.0


@func_description("Cancel the appointment.")
@func_parameter("reason", "One of: illness, work, cost, moved away, fear, other")
def cancel_appointment(conv: Conversation, flow: Flow, reason: str):
    conv.write_metric("APPOINTMENT_CANCELLED")
    conv.write_metric("CANCEL_REASON", reason)
    if conv.state.late:
        conv.write_metric("CANCELLATION_FEE", FEE)
    conv.functions.send_text(purpose="cancellation", content="your appointment is cancelled.")
    conv.exit_flow()
    return "Say that it is cancelled" + (
        f", with a fee of ${FEE:.0f}." if conv.state.late else ", free of charge."
    )
