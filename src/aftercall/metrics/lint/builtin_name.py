"""BUILTIN_NAME: a name that every project has already, for something of ours."""

from __future__ import annotations

from collections.abc import Iterator

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject

CODE = "BUILTIN_NAME"


def check(subject: Subject) -> Iterator[Finding]:
    for spec in subject.active:
        if spec.name in subject.builtins:
            yield Finding(
                CODE,
                "warning",
                spec.name,
                f"{spec.name!r} is also the name of a built-in metric or field.",
                f"Questions for {spec.name!r} get the built-in one; this one answers only to"
                f" {'metric.' + spec.name!r}.",
                "Choose another name.",
                place=subject.place(spec.name),
            )
