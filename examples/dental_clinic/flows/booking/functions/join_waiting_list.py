from _gen import *  # <AUTO GENERATED>


@func_description("The caller would like a call when a place becomes free.")
def join_waiting_list(conv: Conversation, flow: Flow):
    conv.state.waiting_for = conv.state.treatment
    conv.write_metric("WAITING_LIST_JOINED")
    conv.exit_flow()
    return "Say that we will call as soon as something becomes free, and ask if there is anything else."
