from _gen import *  # <AUTO GENERATED>
from functions.clinic import LINE, NAME


@func_description("Send the caller a text message.")
@func_parameter("purpose", "One of: booking, change, cancellation, receipt, directions")
@func_parameter("content", "The message, at most 160 characters")
def send_text(conv: Conversation, purpose: str, content: str):
    if not conv.caller_number:
        return "The caller withholds their number: ask where to send the message."
    conv.send_sms(to_number=conv.caller_number, from_number=LINE, content=f"{NAME}: {content}")
    conv.write_metric("SMS_SENT")
    conv.write_metric("SMS_PURPOSE", purpose)
    return "The message is on its way."
