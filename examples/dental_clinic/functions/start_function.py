from _gen import *  # <AUTO GENERATED>
from functions.clinic import now


def start_function(conv: Conversation):
    """Runs before the greeting, once per call."""
    # What you put into conv.state stays for the whole call and is there again in end_function, with its
    # Python type: this is an aware datetime, not a text.
    conv.state.call_start = now(conv)
    conv.state.escalations = 0

    patient = conv.functions.find_patient()
    conv.write_metric("PATIENT_KNOWN", patient is not None)
    if patient is not None:
        conv.state.patient = patient["name"]
    conv.log.info("Call started", variant=conv.variant_name, known=patient is not None)
