from _gen import *  # <AUTO GENERATED>


@func_description("The caller does not want the slot you have just offered.")
@func_parameter("reason", "Why, in a few words; empty if they gave no reason")
def decline_slot(conv: Conversation, flow: Flow, reason: str):
    offered = conv.state.offered or []
    conv.state.offered = offered[1:]
    # Written again for each slot that is declined: the column holds the last value, the events hold all.
    conv.state.declined = (conv.state.declined or 0) + 1
    conv.write_metric("SLOTS_DECLINED", conv.state.declined)
    if conv.state.offered:
        return f"Offer the next one: {conv.state.offered[0]}."
    return "That was the last one. Offer another day, or the waiting list."
