from _gen import *  # <AUTO GENERATED>


@func_description("Call this each time the caller asks for a person, also when you go on yourself.")
def ask_for_human(conv: Conversation):
    # An escalation is the caller's wish, a handoff what we do about it: two metrics, so that the
    # difference can be asked for.
    conv.state.escalations += 1
    conv.write_metric("HUMAN_REQUESTED")
    if conv.state.escalations == 1:
        return "Say that you can help right away, and offer the front desk if they would rather."
    return "Hand the call to the front desk now."
