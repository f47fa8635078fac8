from _gen import *  # <AUTO GENERATED>


@func_description("The caller does not accept a charge.")
@func_parameter("reason", "What they say is wrong with it")
def dispute_charge(conv: Conversation, flow: Flow, reason: str):
    conv.write_metric("CHARGE_DISPUTED", conv.state.charge)
    conv.exit_flow()
    # A function returns what another one returned, and the caller hears its utterance.
    return conv.functions.handoff_to_billing(reason=reason or "disputes a charge")
