"""A small grammar that speaks: rules with alternatives, optional parts and references, read from a text file.

    greet:
        (hi|hello)[ there], <want>
    want:
        I need a {treatment}
        3x could I (get|have) a {treatment}[, please]?

``(a|b)`` one of them, ``[a|b]`` one of them or nothing, ``<rule>`` what that rule says, ``{slot}`` a value
given when speaking, ``3x`` three times as likely as a line without. Lines that begin with ``#`` are comments.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

Slots = Mapping[str, str]
Speak = Callable[[random.Random, Slots], str]

_RULE = re.compile(r"([a-z_]+):")
_WEIGHT = re.compile(r"(\d+)x ")
_PIECE = re.compile(r"[()\[\]|]|<[a-z_]+>|\{[a-z_]+\}|[^()\[\]|<{]+")
_SPACES = re.compile(r"\s+")
_BEFORE_MARK = re.compile(r"\s+([,.?!;:])")
_DOUBLED_MARK = re.compile(r"([,.?!;:])(?:\s*[,.;:])+")
_SENTENCE = re.compile(r"(?:^|[.?!]\s+)[¿¡]?([a-záéíóúñ])")


class GrammarError(ValueError):
    """A grammar file says something that makes no sense; the message names the rule."""


class Grammar:
    """Rules by name. Reading one twice gives the same words for the same random numbers."""

    def __init__(self, text: str) -> None:
        self._rules: dict[str, Speak] = {}
        lines = _read(text)
        for name, alternatives in lines.items():
            options = [(weight, self._parse(name, line)) for weight, line in alternatives]
            self._rules[name] = _choice([option for weight, option in options for _ in range(weight)])
        for name, alternatives in lines.items():
            for reference in re.findall(r"<([a-z_]+)>", " ".join(line for _, line in alternatives)):
                if reference not in lines:
                    raise GrammarError(f"rule {name!r} refers to {reference!r}, which is not there")

    @classmethod
    def load(cls, name: str) -> Grammar:
        """One of the files in language/, such as ``caller.en``."""
        return cls((Path(__file__).parent / "language" / f"{name}.txt").read_text(encoding="utf-8"))

    def __contains__(self, rule: str) -> bool:
        return rule in self._rules

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def say(self, rule: str, chance: random.Random, slots: Slots) -> str:
        """One utterance of the rule. Raises KeyError for a rule or a slot that is not there."""
        return tidy(self._rules[rule](chance, slots))

    def _parse(self, name: str, line: str) -> Speak:
        pieces = _PIECE.findall(line)
        if "".join(pieces) != line:
            raise GrammarError(f"rule {name!r}: cannot be read: {line!r}")
        speak, rest = self._sequence(name, pieces)
        if rest:
            raise GrammarError(f"rule {name!r}: {rest[0]!r} closes nothing in {line!r}")
        return speak

    def _sequence(self, name: str, pieces: list[str]) -> tuple[Speak, list[str]]:
        """Alternatives up to a closing bracket or the end, and what follows them."""
        alternatives: list[list[Speak]] = [[]]
        while pieces and pieces[0] not in ")]":
            piece, *pieces = pieces
            if piece == "|":
                alternatives.append([])
            elif piece in "([":
                inner, pieces = self._sequence(name, pieces)
                if not pieces or pieces[0] != {"(": ")", "[": "]"}[piece]:
                    raise GrammarError(f"rule {name!r}: a {piece!r} is never closed")
                pieces = pieces[1:]
                alternatives[-1].append(inner if piece == "(" else _maybe(inner))
            else:
                alternatives[-1].append(self._word(piece))
        return _choice([_all(parts) for parts in alternatives]), pieces

    def _word(self, piece: str) -> Speak:
        if piece[0] == "<":
            return lambda chance, slots: self._rules[piece[1:-1]](chance, slots)
        if piece[0] == "{":
            return lambda chance, slots: slots[piece[1:-1]]
        return lambda chance, slots: piece


def _read(text: str) -> dict[str, list[tuple[int, str]]]:
    rules: dict[str, list[tuple[int, str]]] = {}
    current = ""
    for line in text.splitlines():
        told = line.strip()
        if not told or told.startswith("#"):
            continue
        heading = _RULE.fullmatch(told)
        if heading and not line[0].isspace():
            current = heading[1]
            if current in rules:
                raise GrammarError(f"rule {current!r} is there twice")
            rules[current] = []
            continue
        if not current or not line[0].isspace():
            raise GrammarError(f"this line belongs to no rule: {line!r}")
        weight = _WEIGHT.match(told)
        rules[current].append((int(weight[1]), told[weight.end() :]) if weight else (1, told))
    empty = [name for name, alternatives in rules.items() if not alternatives]
    if empty:
        raise GrammarError(f"rules without a line: {', '.join(empty)}")
    return rules


def _choice(options: list[Speak]) -> Speak:
    if len(options) == 1:
        return options[0]
    return lambda chance, slots: options[int(chance.random() * len(options))](chance, slots)


def _maybe(part: Speak) -> Speak:
    return lambda chance, slots: part(chance, slots) if chance.random() < 0.5 else ""


def _all(parts: list[Speak]) -> Speak:
    if len(parts) == 1:
        return parts[0]
    return lambda chance, slots: "".join([part(chance, slots) for part in parts])


def tidy(text: str) -> str:
    """Single spaces, marks where they belong, sentences that begin with a capital."""
    text = _SPACES.sub(" ", text).strip()
    text = _BEFORE_MARK.sub(r"\1", text)
    text = _DOUBLED_MARK.sub(r"\1", text)
    return _SENTENCE.sub(lambda match: match[0].upper(), text)
