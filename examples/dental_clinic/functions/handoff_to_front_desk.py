from _gen import *  # <AUTO GENERATED>


@func_description("Put the caller through to the front desk.")
@func_parameter("reason", "Why, in a few words")
def handoff_to_front_desk(conv: Conversation, reason: str):
    spanish = (conv.language or "").startswith("es")
    utterance = "Le paso con recepción." if spanish else "I'll put you through to the front desk."
    conv.write_metric("HANDOFF_FRONT_DESK")
    conv.call_handoff(destination="front desk", reason=reason, utterance=utterance)
    return {"utterance": utterance}
