from _gen import *  # <AUTO GENERATED>
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from functions.clinic import DENTISTS, now, pretend

# Stand-ins for the systems a real clinic has: the patient file, the calendar, the card terminal, the
# insurers. They need no network and answer the same question the same way, so that the example runs
# anywhere and its tests can be trusted. In your own project, this is where you call your own systems.

HOURS = ((8, 30), (9, 15), (10, 0), (11, 45), (13, 30), (14, 15), (15, 0), (16, 45))
PATIENTS = {
    "+13125550123": {
        "name": "Ruth Delgado",
        "born": "1984-05-17",
        "insurer": "Cedar Health",
        "balance": 140.0,
    },
    "+13125550145": {"name": "Omar Haddad", "born": "1991-11-02", "insurer": "Bluefinch", "balance": 0.0},
    "+13125550167": {"name": "Inés Robledo", "born": "1970-01-29", "insurer": "", "balance": 85.0},
}


@dataclass
class Slot:
    """A free place in the calendar. An object of our own in `conv.state` is fine: it is still a Slot in
    end_function, which runs later and in another process."""

    start: datetime
    dentist: str
    treatment: str

    def __str__(self):
        return f"{self.start:%Y-%m-%d %H:%M} with {self.dentist}"


class CardDeclined(Exception):
    """The bank says no. This happens every day, and the caller can do something about it."""


class TerminalError(Exception):
    """The card terminal itself does not work."""


class InsurerTimeout(Exception):
    """The insurer's line does not answer."""


@func_description("Not for the model: what the clinic's systems answer, for the other functions.")
def practice(conv: Conversation):
    return "This is a utility module."


def patient_with(conv, number):
    """The patient file with this phone number, or None."""
    told = pretend(conv)
    return told["patient"] if "patient" in told else PATIENTS.get(number or "")


def appointment_of(conv, number):
    """The next appointment of whoever has this number, or None."""
    told = pretend(conv).get("appointment")
    if told not in (None, "none"):
        return Slot(datetime.fromisoformat(told), DENTISTS[0], "check-up")
    if told == "none" or patient_with(conv, number) is None:
        return None
    luck = crc32((number or "").encode())
    day = now(conv) + timedelta(days=1 + luck % 9)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return slots_on(day, "check-up", always=True)[luck % len(HOURS)]


def free_slots(conv, treatment, preferred_day):
    """Up to three free slots in the next two weeks; on the preferred weekday, if one is named."""
    if pretend(conv).get("calendar") == "full":
        return []
    found = []
    for days in range(1, 15):
        day = now(conv) + timedelta(days=days)
        if not preferred_day or day.strftime("%A").lower() == preferred_day.strip().lower():
            found += slots_on(day, treatment)
    return found[:3]


def slots_on(day, treatment, always=False):
    if day.weekday() > 4:
        return []
    slots = []
    for hour, minute in HOURS:
        start = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
        luck = crc32(f"{start:%Y-%m-%d %H:%M} {treatment}".encode())
        if always or luck % 3 == 0:
            slots.append(Slot(start, DENTISTS[luck % len(DENTISTS)], treatment))
    return slots


def charge_card(conv, amount, card_last4):
    """The receipt's number. Raises CardDeclined, TerminalError."""
    told = pretend(conv).get("terminal")
    if told:
        raise TerminalError(told)
    if card_last4 == "0000" or pretend(conv).get("card") == "declined":
        raise CardDeclined("insufficient funds")
    return f"R{crc32(f'{conv.id}{amount}{card_last4}'.encode()) % 1_000_000:06d}"


def ask_insurer(conv, insurer, member_id):
    """{"active": bool, "covers": share of the price}. Raises InsurerTimeout."""
    told = pretend(conv).get("insurer")
    if told == "timeout":
        raise InsurerTimeout(f"{insurer} did not answer within 8 s")
    luck = crc32(f"{insurer}{member_id}".encode()) % 10
    active = told != "unknown" if told else luck > 1
    return {"active": active, "covers": (5 + luck % 4) / 10 if active else 0.0}
