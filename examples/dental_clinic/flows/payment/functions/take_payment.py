from _gen import *  # <AUTO GENERATED>
from functions.practice import CardDeclined, charge_card


@func_description("Charge the card on file.")
@func_parameter("amount", "In dollars")
@func_parameter("card_last4", "The last four digits of the card")
def take_payment(conv: Conversation, flow: Flow, amount: float, card_last4: str):
    try:
        receipt = charge_card(conv, amount, card_last4)
    except CardDeclined as error:
        # Expected, so it is a metric and a sentence for the caller. Anything else that goes wrong in here
        # we let fail: the error with its traceback is then on the conversation, for us to find.
        conv.write_metric("PAYMENT_DECLINED", str(error))
        return "The bank declined the card. Offer another card, or the billing desk."
    conv.state.receipt = receipt
    conv.write_metric("PAYMENT_PROCESSED")
    conv.write_metric("PAYMENT_AMOUNT", amount)
    flow.goto_step("send_receipt", "paid")
    return f"Paid: receipt {receipt}."
