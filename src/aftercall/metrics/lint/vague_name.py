"""VAGUE_NAME: a name that could be anything, without a definition that says what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.lint.words import words

CODE = "VAGUE_NAME"
ENOUGH = 20
"""Characters of a definition from which it says something."""
_VAGUE = frozenset(
    re.findall(
        r"\w+",
        """
        data info information value values status result results flag test misc other metric metrics temp tmp
        foo bar success outcome type count score event item thing stuff field custom generic default general
        new old final done ok check state mode level code number num var variable unknown tag label note
        output input response call conversation x y z a b c
        """,
    )
)


def check(subject: Subject) -> Iterator[Finding]:
    for spec in subject.active:
        parts = [word for word in words(spec.name) if not word.isdigit()]
        vague = all(word in _VAGUE for word in parts) or len(spec.name.strip()) <= 2
        if vague and spec.name.isascii() and len(spec.definition.strip()) < ENOUGH:
            yield Finding(
                CODE,
                "warning",
                spec.name,
                f"{spec.name!r} does not say what it measures, and no definition does.",
                "The analyst chooses metrics by name, synonyms and definition: it will pass this one over, or"
                " use it for the wrong question.",
                "Give it a name that says of what (ORDER_STATUS, not STATUS), or define it in a sentence.",
                place=subject.place(spec.name),
            )
