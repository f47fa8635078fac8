from _gen import *  # <AUTO GENERATED>
from functions.clinic import TREATMENTS


@func_description("What the caller would pay themselves for a treatment.")
@func_parameter("treatment", "One of: check-up, cleaning, filling, root canal, crown, whitening")
def estimate_cover(conv: Conversation, flow: Flow, treatment: str):
    if not conv.state.policy or treatment not in TREATMENTS:
        return "Ask for the policy and for the treatment first."
    own_share = round(TREATMENTS[treatment] * (1 - conv.state.policy["covers"]), 2)
    conv.write_metric("OWN_SHARE", own_share)
    conv.exit_flow()
    return f"Of ${TREATMENTS[treatment]:.0f} the caller pays ${own_share:.2f}."
