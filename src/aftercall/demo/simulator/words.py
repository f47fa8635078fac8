"""Days, times, treatments and answers as they are said in the two languages."""

from __future__ import annotations

from datetime import date, datetime

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
WEEKDAYS_ES = ("lunes", "martes", "miércoles", "jueves", "viernes")
MONTHS_ES = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
    "noviembre", "diciembre",
)  # fmt: skip
TREATMENTS = {"check-up": 34, "cleaning": 28, "filling": 17, "whitening": 8, "crown": 7, "root canal": 6}
"""How often each is asked for."""
TREATMENTS_ES = {
    "check-up": "una revisión",
    "cleaning": "una limpieza",
    "filling": "un empaste",
    "root canal": "una endodoncia",
    "crown": "una corona",
    "whitening": "un blanqueamiento",
}
ANSWERS_ES = {
    "opening hours": "De lunes a viernes de 8:30 a 17:30, los sábados de 9:00 a 13:00.",
    "address": "Juniper Lane 41, segundo piso, encima de la panadería.",
    "parking": "En el garaje de al lado, dos horas gratis: pida el tique en recepción.",
    "prices": "Una revisión 60 dólares, una limpieza 85, un empaste 140, una corona 690.",
}
GAPS = {
    "en-US": {0: "earlier", 1: "yesterday", 2: "two days ago"},
    "es-US": {0: "antes", 1: "ayer", 2: "hace dos días"},
}
LONG_GAP = {"en-US": "the other day", "es-US": "el otro día"}


def weekday(place: int, language: str) -> str:
    return (WEEKDAYS if language == "en-US" else WEEKDAYS_ES)[place]


def treatment(name: str, language: str) -> str:
    return name if language == "en-US" else TREATMENTS_ES[name]


def spoken_date(day: date, language: str) -> str:
    if language == "en-US":
        return f"{day:%A, %B} {day.day}"
    names = (*WEEKDAYS_ES, "sábado", "domingo")
    return f"{names[day.weekday()]} {day.day} de {MONTHS_ES[day.month - 1]}"


def spoken_time(moment: datetime, language: str) -> str:
    if language == "en-US":
        return f"{moment:%I:%M %p}".lstrip("0")
    return f"{moment.hour}:{moment:%M}"


def spoken_birthday(day: date, language: str) -> str:
    if language == "en-US":
        return f"{day:%B} {day.day}, {day.year}"
    return f"{day.day} de {MONTHS_ES[day.month - 1]} de {day.year}"


def gap(days: int, language: str) -> str:
    return GAPS[language].get(days, LONG_GAP[language])


def money(amount: float) -> str:
    return f"{amount:.0f}" if amount == int(amount) else f"{amount:.2f}"
