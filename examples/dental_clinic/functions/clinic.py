from _gen import *  # <AUTO GENERATED>
from datetime import datetime
from zoneinfo import ZoneInfo

# Every file of a project defines the function it is named after; what stands beside it is there for the
# other files to import: `from functions.clinic import TREATMENTS`.

NAME = "Juniper Lane Dental"
LINE = "+13125550100"  # 555-01xx is set aside for fiction
ZONE = ZoneInfo("America/Chicago")

# What we do: price in dollars.
TREATMENTS = {
    "check-up": 60.0,
    "cleaning": 85.0,
    "filling": 140.0,
    "root canal": 780.0,
    "crown": 690.0,
    "whitening": 220.0,
}
DENTISTS = ("Dr. Osei", "Dr. Lindqvist", "Dr. Marchetti", "Dr. Tanaka")
INSURERS = ("Harbor Mutual", "Cedar Health", "Northwind Dental", "Bluefinch")

ANSWERS = {
    "opening hours": "Monday to Friday 8:30 to 17:30, Saturday 9:00 to 13:00.",
    "address": "41 Juniper Lane, second floor, above the bakery.",
    "parking": "Two hours are free in the garage next door: ask for a ticket at the desk.",
    "prices": ", ".join(f"{name} ${price:.0f}" for name, price in TREATMENTS.items()),
}


@func_description("Answer a general question about the clinic: opening hours, address, parking or prices.")
@func_parameter("topic", "One of: opening hours, address, parking, prices")
def clinic(conv: Conversation, topic: str):
    # A metric may carry a value: which question it was is a column one can count by.
    conv.write_metric("GENERAL_QUESTION", topic)
    answer = ANSWERS.get(topic.strip().lower())
    if answer is None:
        return f"We have no answer on {topic!r}. Offer to put the caller through to the front desk."
    return answer


def now(conv):
    """The clinic's local time; a test or the demo may pretend that it is another."""
    told = pretend(conv).get("now")
    return datetime.fromisoformat(told).astimezone(ZONE) if told else datetime.now(ZONE)


def pretend(conv):
    """What the stand-ins in practice.py should answer, from the attribute `pretend` of the conversation.

    A scenario sets it to try the days on which nothing works; a real call has none.
    """
    return (conv.integration_attributes or {}).get("pretend") or {}


def spoken_day(moment):
    return moment.strftime("%A, %B ") + str(moment.day)


def spoken_time(moment):
    return moment.strftime("%I:%M %p").lstrip("0")
