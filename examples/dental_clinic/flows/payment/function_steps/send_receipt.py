from _gen import *  # <AUTO GENERATED>


def send_receipt(conv: Conversation, flow: Flow):
    conv.functions.send_text(
        purpose="receipt", content=f"thank you for your payment, receipt {conv.state.receipt}."
    )
    conv.exit_flow()
    return "Say that the receipt comes by text message, and ask if there is anything else."
