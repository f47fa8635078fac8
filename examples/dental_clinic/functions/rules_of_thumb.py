from _gen import *  # <AUTO GENERATED>
from datetime import timedelta

from functions.clinic import TREATMENTS

# The first metric of the call that stands here tells the reason.
REASON_OF_METRIC = {
    "EMERGENCY": "emergency",
    "CHARGE_DISPUTED": "billing question",
    "CHARGE_EXPLAINED": "billing question",
    "APPOINTMENT_CANCELLED": "cancellation",
    "APPOINTMENT_MOVED": "rescheduling",
    "APPOINTMENT_NOT_FOUND": "rescheduling",
    "PAYMENT_PROCESSED": "payment",
    "PAYMENT_DECLINED": "payment",
    "APPOINTMENT_BOOKED": "booking",
    "WAITING_LIST_JOINED": "booking",
    "SLOTS_DECLINED": "booking",
    "NO_SLOT_FOUND": "booking",
    "INSURER": "insurance",
    "GENERAL_QUESTION": "information",
}
# No such metric: perhaps a word the caller used does, in English or Spanish. In this order.
REASON_OF_WORD = {
    "emergency": ("hurts", "pain", "bleeding", "swollen", "duele", "sangr", "hinchad"),
    "cancellation": ("cancel", "anular"),
    "rescheduling": ("reschedule", "move my", "another day", "cambiar", "mover"),
    "insurance": ("insurance", "policy", "covered", "seguro", "póliza"),
    "billing question": ("charge", "overcharged", "cargo", "cobrado"),
    "payment": ("pay", "balance", "bill", "pagar", "factura"),
    "booking": ("appointment", "book", "come in", "check-up", "cita", "revisión", *TREATMENTS),
    "information": ("open", "hours", "parking", "address", "horario", "dirección", "aparcar"),
}
SUMMARY_OF_METRIC = {
    "APPOINTMENT_BOOKED": "an appointment was booked",
    "APPOINTMENT_MOVED": "the appointment was moved",
    "APPOINTMENT_CANCELLED": "the appointment was cancelled",
    "WAITING_LIST_JOINED": "the caller is on the waiting list",
    "PAYMENT_PROCESSED": "the bill was paid",
    "PAYMENT_DECLINED": "the card was declined",
    "CHARGE_DISPUTED": "the caller does not accept a charge",
    "INSURER": "the insurer was asked",
    "HUMAN_REQUESTED": "the caller asked for a person",
    "MACHINE_ANSWERED": "a machine answered",
}
DONE = (
    "APPOINTMENT_BOOKED",
    "APPOINTMENT_MOVED",
    "APPOINTMENT_CANCELLED",
    "PAYMENT_PROCESSED",
    "GENERAL_QUESTION",
)
PARTLY = ("WAITING_LIST_JOINED", "INSURER", "CHARGE_EXPLAINED")
HANDOFFS = ("HANDOFF_BILLING", "HANDOFF_FRONT_DESK", "EMERGENCY")
GLAD = ("thank", "great", "perfect", "wonderful", "lovely", "gracias", "perfecto", "genial", "estupendo")
ANGRY = (
    "ridiculous", "unacceptable", "useless", "waste of", "fed up", "terrible", "angry", "complain", "joke",
    "inaceptable", "vergüenza", "harto", "harta", "fatal", "queja", "ridículo",
)  # fmt: skip


# Called from end_function only.
def rules_of_thumb(conv: Conversation):
    """The answers that need no model: plain rules over what the call wrote, what was said, and the state."""
    written = {event.name: event.value for event in conv.metric_events}
    said = " ".join(item.text for item in conv.history if item.role == "user").lower()
    reason = reason_of(written, said)
    resolution = resolution_of(written, said)
    answers = {
        "CALL_REASON": reason,
        "RESOLUTION": resolution,
        "SENTIMENT": sentiment_of(said),
        "FOLLOW_UP_NEEDED": follow_up_needed(conv, written, resolution),
        "ESCALATION_COUNT": conv.state.escalations or 0,
        "CALL_SUMMARY": summary_of(reason, resolution, written),
    }
    risk = no_show_risk(conv, written)
    if risk is not None:
        answers["NO_SHOW_RISK"] = risk
    return answers


def reason_of(written, said):
    for name, reason in REASON_OF_METRIC.items():
        if name in written:
            return reason
    for reason, words in REASON_OF_WORD.items():
        if any(word in said for word in words):
            return reason
    return "other"


def resolution_of(written, said):
    if any(name in written for name in HANDOFFS):
        return "handed off"
    if any(name in written for name in DONE) or written.get("INSURANCE_VERIFIED") is True:
        return "resolved"
    if any(name in written for name in PARTLY):
        return "partly resolved"
    return "unresolved" if len(said.split()) > 20 else "abandoned"


def summary_of(reason, resolution, written):
    told = [words for name, words in SUMMARY_OF_METRIC.items() if name in written]
    return (
        ". ".join(part.capitalize() for part in [f"called about {reason}", *told, f"outcome: {resolution}"])
        + "."
    )


def sentiment_of(said):
    angry = sum(said.count(word) for word in ANGRY)
    glad = sum(said.count(word) for word in GLAD)
    if angry:
        return "negative"
    return "positive" if glad > 1 else "neutral"


def follow_up_needed(conv, written, resolution):
    if any(name in written for name in ("WAITING_LIST_JOINED", "CHARGE_DISPUTED", "PAYMENT_DECLINED")):
        return True
    return bool(conv.state.insurer_failed) or resolution == "unresolved"


def no_show_risk(conv, written):
    """Far ahead, unknown or declined before: fewer come. None without an appointment."""
    slot = conv.state.booked
    if slot is None:
        return None
    points = 0
    # Two of our own objects and an aware datetime out of conv.state, hours later, in another process.
    if conv.state.call_start is not None and slot.start - conv.state.call_start > timedelta(days=7):
        points += 1
    points += written.get("PATIENT_KNOWN") is False
    points += (written.get("SLOTS_DECLINED") or 0) > 0
    return ("low", "medium", "high", "high")[points]
