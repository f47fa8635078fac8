"""Every number of a text is a tool's result, or a recorded arithmetic step on such results.

Sentences are written through ``Claims``, so theirs are traced as they are made. A text that somebody else
wrote (a model) is checked against the same claims: what no claim supports is found, and taken out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aftercall.analyst.answer.amounts import shown

UNSUPPORTED = "[number removed: nothing supports it]"
_NUMBER = re.compile(r"[-+−]?(?<![\w.])\d[\d,]*(?:\.\d+)?(?:\s?%)?(?!\w)")
_WORDS = {"once": 1, "twice": 2, "half": 0.5, "third": 1 / 3, "quarter": 0.25, "dozen": 12}
_SPELLED = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?|half|twice|thrice|double[ds]?|triple[ds]?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Claim:
    """``text``: as it stands in the sentence. ``source``: the place in the answer it is read from
    (``rows[2].conversations``), or the arithmetic that made it of others (``of``: their sources)."""

    text: str
    value: float | str
    source: str
    of: Sequence[str] = ()


@dataclass
class Claims:
    """The claims of one text, in the order in which they were made."""

    made: list[Claim] = field(default_factory=list)

    def number(self, value: Any, source: str, format_: str = "number", unit: str = "") -> str:
        """The value as people read it; unknown values are a dash and claim nothing."""
        if value is None:
            return "-"
        text = shown(value, format_, unit)
        self.made.append(Claim(text, float(value) if not isinstance(value, str) else value, source))
        return text

    def label(self, text: Any, source: str) -> str:
        """A name, an option or a date of a result: its digits are no numbers of ours."""
        told = "unknown" if text is None else str(text).lower() if isinstance(text, bool) else str(text)
        self.made.append(Claim(told, told, source))
        return told

    def worked_out(
        self, value: float, how: str, of: Sequence[str], format_: str = "number", unit: str = ""
    ) -> str:
        """``how``: the arithmetic, such as "difference". ``of``: the sources it was done on."""
        text = shown(value, format_, unit)
        self.made.append(Claim(text, float(value), how, tuple(of)))
        return text

    def unsupported(self, text: str) -> list[str]:
        """Numbers in the text that no claim supports, in digits or in words."""
        return [text[start:end] for start, end in self._unsupported(text)]

    def without_unsupported(self, text: str) -> str:
        """The text with each of these replaced by a remark."""
        for start, end in reversed(self._unsupported(text)):
            text = f"{text[:start]}{UNSUPPORTED}{text[end:]}"
        return text

    def _unsupported(self, text: str) -> list[tuple[int, int]]:
        rest = self._blanked(text)
        found = [match.span() for match in _NUMBER.finditer(rest) if not self._supports(match.group())]
        found += [match.span() for match in _SPELLED.finditer(rest) if not self._spelled(match.group())]
        return sorted(found)

    def _blanked(self, text: str) -> str:
        """Without what stands in it exactly as it was claimed; as long as before."""
        for claim in sorted(self.made, key=lambda one: -len(one.text)):
            if len(claim.text) < 2 or not re.search(r"\d", claim.text):
                continue
            edge = rf"(?<![\w.,]){re.escape(claim.text)}(?![\w]|[.,]\d)"
            text = re.sub(edge, lambda match: " " * len(match.group()), text)
        return text

    def _supports(self, text: str) -> bool:
        """Whether a claim's value, rounded as the text rounds, is that number: 0.3254 supports 32.5%."""
        percent = text.endswith("%")
        digits = text.rstrip("% ").replace(",", "").replace("−", "-").lstrip("+")
        decimals = len(digits.partition(".")[2])
        told = float(digits)
        for claim in self.made:
            if isinstance(claim.value, str):
                continue
            for value in (claim.value, -claim.value) if told < 0 or claim.value < 0 else (claim.value,):
                scaled = value * 100 if percent else value
                if round(scaled, decimals) == told:
                    return True
        return False

    def _spelled(self, word: str) -> bool:
        """One as a pronoun is no number; a count in words is one that was claimed."""
        values = {
            "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
            "ten": 10, "eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
            "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
        }  # fmt: skip
        told = values.get(word.lower(), _WORDS.get(word.lower()))
        if told is None:
            return False
        if told == 1:
            return True
        return any(not isinstance(claim.value, str) and claim.value == told for claim in self.made)
