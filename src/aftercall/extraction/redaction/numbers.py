"""Numbers that belong to somebody: telephone, card and account numbers, written or spelt out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from aftercall.extraction.redaction.shown import Span

FEWEST_DIGITS = 6
"""Of an account number. Shorter ones are prices, years, times and house numbers."""
CARD_DIGITS = range(13, 20)

_RUN = re.compile(r"(?<!\d)\d(?:[\s.,/()*#|_\u00b7\u2022\-\u2010-\u2015\u200b]{0,4}\d){5,}(?!\d)")
_DATE = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})")
_TOKEN = re.compile(r"\w+")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?!\w)")
_SPELT = {
    "zero": 0, "oh": 0, "o": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_WORD = rf"(?:{'|'.join(sorted([*_SPELT, *_TIMES], key=len, reverse=True))}|\d{{1,4}})"
_BETWEEN = r"[\s,.;:\-\u2026]{1,5}(?:(?:dash|hyphen|uh|uhm|um|er|erm)[\s,.;:\-\u2026]{1,5})?"
_SPOKEN = re.compile(rf"(?<!\w){_WORD}(?:{_BETWEEN}{_WORD}){{4,}}(?!\w)", re.IGNORECASE)


def numbers(text: str, region: str) -> Iterator[Span]:
    """``region``: the country, two letters, whose numbers are told without a prefix."""
    if sum(map(str.isdigit, text)) >= FEWEST_DIGITS:
        yield from _phones(text, region)
        for found in _RUN.finditer(text):
            if not _DATE.fullmatch(found[0]):
                yield Span(*found.span(), _kind([int(char) for char in found[0] if char.isdecimal()]))
        yield from _mixed(text)
    for found in _SPOKEN.finditer(text):
        digits = _digits(found[0])
        if len(digits) >= FEWEST_DIGITS and not found[0].isdecimal():
            yield Span(*found.span(), _kind(digits))


def luhn(digits: list[int]) -> bool:
    """The check that every card number passes, and one other number in ten."""
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _kind(digits: list[int]) -> str:
    return "CARD" if len(digits) in CARD_DIGITS and luhn(digits) else "ACCOUNT"


def _phones(text: str, region: str) -> Iterator[Span]:
    for found in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.VALID):
        yield Span(found.start, found.end, "PHONE")


def _mixed(text: str) -> Iterator[Span]:
    """Letters and digits: AB123456, and account numbers of the international form."""
    for found in _TOKEN.finditer(text):
        if sum(map(str.isdigit, found[0])) >= FEWEST_DIGITS - 1 and not found[0].isdecimal():
            yield Span(*found.span(), "ACCOUNT")
    for found in _IBAN.finditer(text):
        if sum(map(str.isdigit, found[0])) >= FEWEST_DIGITS:
            yield Span(*found.span(), "ACCOUNT")


def _digits(spoken: str) -> list[int]:
    digits: list[int] = []
    times = 1
    for word in _TOKEN.findall(spoken.casefold()):
        if word in _TIMES:
            times = _TIMES[word]
            continue
        told = [int(char) for char in str(_SPELT.get(word, word)) if char.isdecimal()]
        digits += told * times
        times = 1
    return digits
