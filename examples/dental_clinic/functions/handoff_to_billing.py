from _gen import *  # <AUTO GENERATED>


@func_description("Put the caller through to the billing desk.")
@func_parameter("reason", "Why, in a few words")
def handoff_to_billing(conv: Conversation, reason: str):
    spanish = (conv.language or "").startswith("es")
    utterance = "Le paso con facturación." if spanish else "I'll connect you with our billing desk."
    # Without a value it says: this happened. The reason stands on the handoff itself.
    conv.write_metric("HANDOFF_BILLING")
    conv.call_handoff(destination="billing", reason=reason, utterance=utterance)
    return {"utterance": utterance}
