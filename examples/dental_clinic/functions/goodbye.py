from _gen import *  # <AUTO GENERATED>
from functions.clinic import NAME


@func_description("The caller has all they need: say goodbye and end the call.")
def goodbye(conv: Conversation):
    spanish = (conv.language or "").startswith("es")
    utterance = f"Gracias por llamar a {NAME}." if spanish else f"Thank you for calling {NAME}. Goodbye!"
    return {"utterance": utterance, "hangup": True}
