from _gen import *  # <AUTO GENERATED>
from functions.practice import patient_with


@func_description(
    "Compare what the caller says about themselves with the patient file, before anything private."
)
@func_parameter("full_name", "The caller's full name as they said it")
@func_parameter("date_of_birth", "As YYYY-MM-DD; empty if the caller did not say")
def verify_patient(conv: Conversation, full_name: str, date_of_birth: str):
    patient = patient_with(conv, conv.caller_number)
    matches = patient is not None and (
        patient["born"] == date_of_birth or patient["name"].casefold() == full_name.strip().casefold()
    )
    conv.state.patient = full_name.strip()
    conv.state.verified = matches
    # True or False: both are news. (A metric that is only ever written when it happened needs no value.)
    conv.write_metric("PATIENT_VERIFIED", matches)
    if patient is None:
        return "There is no file under this number: treat the caller as a new patient."
    if not matches:
        # is_pii: readers without the right to see personal data do not get this line.
        conv.log.warning("Name and file do not match", is_pii=True, said=full_name, on_file=patient["name"])
        return "That does not match the file. Ask once more for the name and the date of birth."
    return f"Verified: {patient['name']}, insurer {patient['insurer'] or 'none'}."
