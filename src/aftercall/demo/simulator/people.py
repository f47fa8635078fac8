"""Who calls: invented people with a number, a way of speaking and a file at the clinic, or none yet."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

Manner = Literal["plain", "happy", "confused", "angry", "silent", "hurried"]

MANNERS: dict[Manner, int] = {
    "plain": 40, "happy": 24, "confused": 13, "angry": 9, "silent": 4, "hurried": 10,
}  # fmt: skip
AREA_CODES = (
    "312", "773", "872", "708", "847", "224", "630", "331", "815", "779", "464", "219", "262", "414", "608",
    "574", "260", "317", "765", "309", "217", "618",
)  # fmt: skip
"""With 555-0100 to 555-0199, which are set aside for fiction in every one of them."""
NUMBERS = len(AREA_CODES) * 100 - 1

FIRST = (
    "Ruth", "Omar", "Priya", "Tom", "Grace", "Daniel", "Mei", "Sam", "Hannah", "Felix", "Aisha", "Viktor",
    "Noor", "Jonas", "Carla", "Wendell", "Yuki", "Amara", "Peter", "Lena", "Marcus", "Ingrid", "Dev", "Rosa",
    "Colin", "Farah", "Hugo", "Nadia", "Walter", "Joyce", "Kofi", "Beatrice", "Anton", "Leila", "Gus",
    "Paula", "Ravi", "Sonia", "Emmett", "Tamar", "Bao", "Celia", "Dmitri", "Esther", "Frank", "Gloria",
    "Hassan", "Irene", "Jamal", "Kirsten", "Lorenzo", "Maud", "Nils", "Odette", "Pavel", "Quinn", "Roland",
    "Selma", "Theo", "Ursula", "Vera", "Winston", "Ximena", "Yara", "Zoltan",
)  # fmt: skip
LAST = (
    "Delgado", "Haddad", "Anand", "Becker", "Okafor", "Novak", "Chen", "Whitlock", "Voss", "Moreau", "Rahman",
    "Petrov", "Lindgren", "Castillo", "Abara", "Tanaka", "Osborne", "Keller", "Mbeki", "Fontaine", "Larsen",
    "Iyer", "Romero", "Byrne", "Sayed", "Kowalski", "Duarte", "Hale", "Nakamura", "Oduya", "Pritchard",
    "Quintero", "Reyes", "Sandoval", "Thorne", "Umarov", "Valdez", "Wexler", "Yilmaz", "Zimmer", "Ashby",
    "Bergstrom", "Coleman", "Draper", "Espinoza", "Farrow", "Gallagher", "Hollis", "Ivanova", "Jensen",
    "Kaplan", "Lowell", "Mercer", "Nolan", "Ortega", "Pell", "Rourke", "Stroud", "Trevino", "Ulrich",
)  # fmt: skip
FIRST_ES = (
    "Inés", "Lucía", "Mateo", "Carmen", "Javier", "Pilar", "Diego", "Rocío", "Álvaro", "Elena", "Ramón",
    "Nuria", "Esteban", "Marisol", "Tomás", "Valeria", "Joaquín", "Beatriz", "Emilio", "Guadalupe", "Andrés",
    "Consuelo", "Rafael", "Teresa", "Salvador", "Ximena", "Ignacio", "Paloma", "Hernán", "Soledad",
)  # fmt: skip
LAST_ES = (
    "Robledo", "Ferrer", "Castaño", "Ibarra", "Montoya", "Quiroga", "Salinas", "Vega", "Zamora", "Aguilar",
    "Bermúdez", "Cárdenas", "Domínguez", "Escobar", "Fuentes", "Galindo", "Herrera", "Juárez", "Lozano",
    "Mendoza", "Navarro", "Olmos", "Paredes", "Rivas", "Serrano", "Tapia", "Urrutia", "Villalobos",
)  # fmt: skip
INSURERS = ("Harbor Mutual", "Cedar Health", "Northwind Dental", "Bluefinch")


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    number: str
    language: str
    """The one they speak: en-US or es-US."""
    manner: Manner
    born: date
    insurer: str
    member: str
    card: str
    """Its last four digits."""
    known: bool
    """Has a file at the clinic."""
    balance: float

    @property
    def first(self) -> str:
        return self.name.split()[0]

    def file(self) -> dict[str, Any] | None:
        """As the example project's patient file has it."""
        if not self.known:
            return None
        return {
            "name": self.name,
            "born": self.born.isoformat(),
            "insurer": self.insurer,
            "balance": self.balance,
        }


def person(seed: str, index: int) -> Person:
    """The same person for the same seed and index. Up to NUMBERS of them have numbers of their own."""
    chance = random.Random(f"{seed}/person/{index}")
    spanish = chance.random() < 0.18
    first, last = (FIRST_ES, LAST_ES) if spanish else (FIRST, LAST)
    return Person(
        name=f"{chance.choice(first)} {chance.choice(last)}",
        number=number_of(index),
        language="es-US" if spanish else "en-US",
        manner=chance.choices(list(MANNERS), list(MANNERS.values()))[0],
        born=date(1940, 1, 1) + timedelta(days=chance.randrange(365 * 66)),
        insurer=chance.choices(INSURERS, (30, 28, 22, 20))[0],
        member=f"{chance.choice('ABCDEFGHJK')}{chance.choice('LMNPRSTV')} {chance.randrange(100, 999)}"
        f" {chance.randrange(100, 999)}",
        card=f"{chance.randrange(1, 10_000):04d}",
        known=chance.random() < 0.72,
        balance=chance.choice((60.0, 85.0, 140.0, 220.0, 35.5, 112.4, 48.0, 305.75)),
    )


def number_of(index: int) -> str:
    place = index % NUMBERS + 1  # 312-555-0100 is the clinic's own line
    return f"+1{AREA_CODES[place // 100]}55501{place % 100:02d}"
