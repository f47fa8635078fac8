from _gen import *  # <AUTO GENERATED>
from functions.practice import patient_with


@func_description("Look the caller up by the number they call from.")
def find_patient(conv: Conversation):
    return patient_with(conv, conv.caller_number)
