from _gen import *  # <AUTO GENERATED>


@func_description("Severe pain, bleeding, an accident: put the caller through to the nurse on duty at once.")
@func_parameter("symptom", "What the caller says is wrong")
def handoff_to_nurse(conv: Conversation, symptom: str):
    spanish = (conv.language or "").startswith("es")
    utterance = (
        "Le paso con la enfermera de guardia." if spanish else "I'm connecting you to the nurse on duty."
    )
    conv.write_metric("EMERGENCY")
    conv.log.info("Emergency", is_pii=True, symptom=symptom)
    conv.call_handoff(destination="nurse on duty", reason="emergency", utterance=utterance)
    return {"utterance": utterance}
