from _gen import *  # <AUTO GENERATED>
from datetime import timedelta

from functions.clinic import now

NOTICE = timedelta(hours=24)


def check_notice(conv: Conversation, flow: Flow):
    """Less than a day before, cancelling costs a fee: better said before the caller decides."""
    late = conv.state.appointment.start - now(conv) < NOTICE
    conv.state.late = late
    flow.goto_step("Move or cancel", "late" if late else "in time")
    return "Say that a fee of $25 applies, since it is within 24 hours." if late else "There is no fee."
