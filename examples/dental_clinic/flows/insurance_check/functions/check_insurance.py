from _gen import *  # <AUTO GENERATED>
from functions.clinic import INSURERS
from functions.practice import InsurerTimeout, ask_insurer


@func_description("Ask the insurer about the caller's policy.")
@func_parameter("insurer", "The insurer's name")
@func_parameter("member_id", "The member id on the insurance card")
@func_latency_control(
    delay_before_responses_start=2,
    silence_after_each_response=4,
    delay_responses=[("One moment, I'm asking your insurer.", 3)],
)
def check_insurance(conv: Conversation, flow: Flow, insurer: str, member_id: str):
    if insurer not in INSURERS:
        conv.write_metric("INSURER", "other")
        conv.write_metric("INSURANCE_VERIFIED", False)
        return f"We do not work with {insurer}. The caller would pay themselves."
    conv.write_metric("INSURER", insurer)
    try:
        policy = ask_insurer(conv, insurer, member_id)
    except InsurerTimeout as error:
        # We asked and know nothing: None, which is neither True nor False nor "never asked". Reports on
        # INSURANCE_VERIFIED leave such a call out instead of counting it as a policy that was not found.
        conv.write_metric("INSURANCE_VERIFIED", None)
        conv.log.error("The insurer does not answer", insurer=insurer, error=error)
        conv.state.insurer_failed = True
        return f"{insurer} does not answer right now. Offer to try again later, or the billing desk."
    conv.state.policy = policy
    conv.write_metric("INSURANCE_VERIFIED", policy["active"])
    flow.goto_step("Explain the cover", "active" if policy["active"] else "not found")
    if not policy["active"]:
        return f"{insurer} has no active policy with that id. Offer the billing desk."
    return f"The policy is active and pays {policy['covers']:.0%} of most treatments."
