from _gen import *  # <AUTO GENERATED>


@func_description("There is no person on the line but an answering machine or a recording.")
def machine_answered(conv: Conversation):
    conv.write_metric("MACHINE_ANSWERED")
    return {"hangup": True}
