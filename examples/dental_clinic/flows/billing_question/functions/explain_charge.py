from _gen import *  # <AUTO GENERATED>
from functions.clinic import TREATMENTS


@func_description("Explain what a charge is for.")
@func_parameter("amount", "The charge in dollars, as the caller read it out")
def explain_charge(conv: Conversation, flow: Flow, amount: float):
    conv.state.charge = amount
    for treatment, price in TREATMENTS.items():
        if abs(price - amount) < 0.005:
            conv.write_metric("CHARGE_EXPLAINED", True)
            return f"It is our price for: {treatment}."
    conv.write_metric("CHARGE_EXPLAINED", False)
    return "It matches no price of ours. Offer the billing desk."
