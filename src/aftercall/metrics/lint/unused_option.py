"""OPTION_NEVER_SEEN: an option that no call ever had."""

from __future__ import annotations

from collections.abc import Iterator

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.yaml_write import snippet

CODE = "OPTION_NEVER_SEEN"
ENOUGH = 50
"""Conversations with a value from which an option that none of them has is worth a word."""


def check(subject: Subject) -> Iterator[Finding]:
    for spec in subject.metrics:
        used = (subject.used or {}).get(spec.name)
        if spec.type != "categorical" or used is None or not used.all_values or used.conversations < ENOUGH:
            continue
        unseen = [option for option in spec.options if option not in used.values]
        if unseen:
            kept = [option for option in spec.options if option in used.values]
            yield Finding(
                CODE,
                "info",
                spec.name,
                f"Of {used.conversations} conversations of the last {subject.days} days none had"
                f" {', '.join(map(repr, unseen[:10]))} for {spec.name!r}.",
                "Breakdowns carry rows that stay empty; where a model chooses, each more option is one more"
                " to choose wrongly.",
                "Take out what cannot happen; leave what has only not happened yet.",
                snippet(spec.name, {"options": kept}) if kept else None,
                subject.place(spec.name),
            )
