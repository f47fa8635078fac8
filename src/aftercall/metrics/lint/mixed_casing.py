"""MIXED_CASING: names that are not written as most others are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.lint.words import words

CODE = "MIXED_CASING"
_STYLES = {
    "UPPER_SNAKE": re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)*"),
    "lower_snake": re.compile(r"[a-z0-9]+(_[a-z0-9]+)*"),
    "lower-dash": re.compile(r"[a-z0-9]+(-[a-z0-9]+)+"),
    "CamelCase": re.compile(r"([A-Z][a-z0-9]*)+"),
    "camelCase": re.compile(r"[a-z0-9]+([A-Z][a-z0-9]*)+"),
}
_FEW = 3
"""With fewer names than this nobody can say which style is the project's."""


def check(subject: Subject) -> Iterator[Finding]:
    styles = {spec.name: style(spec.name) for spec in subject.active if spec.name.isascii()}
    if len(styles) < _FEW:
        return
    usual, count = Counter(styles.values()).most_common(1)[0]
    if usual == "mixed" or count <= len(styles) / 2:
        return
    for name, own in styles.items():
        if own != usual:
            better = rewritten(name, usual)
            yield Finding(
                CODE,
                "warning",
                name,
                f"{name!r} is written as {own}; {count} of {len(styles)} names are {usual}.",
                "People and the analyst type names from memory: one that is written otherwise is asked for"
                " wrongly, and an agent's code that writes it the usual way makes a second column.",
                f"Write it {better!r}, in the code too. The old column stays until you deactivate it.",
                place=subject.place(name),
            )


def style(name: str) -> str:
    return next((told for told, form in _STYLES.items() if form.fullmatch(name)), "mixed")


def rewritten(name: str, style_: str) -> str:
    parts = words(name)
    if style_ == "UPPER_SNAKE":
        return "_".join(parts).upper()
    if style_ == "lower-dash":
        return "-".join(parts)
    if style_ == "lower_snake":
        return "_".join(parts)
    capital = "".join(part.capitalize() for part in parts)
    return capital if style_ == "CamelCase" else capital[:1].lower() + capital[1:]
