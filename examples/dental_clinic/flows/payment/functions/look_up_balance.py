from _gen import *  # <AUTO GENERATED>
from functions.practice import patient_with


@func_description("What the caller owes us.")
def look_up_balance(conv: Conversation, flow: Flow):
    patient = patient_with(conv, conv.caller_number)
    balance = patient["balance"] if patient else 0.0
    conv.state.balance = balance
    if not balance:
        conv.exit_flow()
        return "Nothing is open. Say so, and ask if there is anything else."
    flow.goto_step("Charge the card", "balance found")
    return f"Open: ${balance:.2f}."
