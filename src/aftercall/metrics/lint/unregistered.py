"""UNREGISTERED_WRITE: a name that code or calls write and that nobody has declared."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from aftercall.metrics.lint.code_scan import CodeWrite
from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.yaml_write import snippet

CODE = "UNREGISTERED_WRITE"
_TYPES = {"boolean": "boolean", "integer": "integer", "number": "number", "text": "text"}


def check(subject: Subject) -> Iterator[Finding]:
    declared = {spec.name for spec in subject.specs}
    told: set[str] = set()
    for write in subject.scan.writes if subject.scan else ():
        if write.name == "*" or write.name in told:
            continue
        told.add(write.name)
        if write.exact and write.name not in declared:
            yield _finding(write.name, sorted(declared), write.place, _TYPES.get(write.type, "text"))
        elif not write.exact and not any(write.may_be(name) for name in declared):
            yield _pattern(write)
    for name in sorted((subject.used or {}).keys() - declared - told):
        yield _finding(name, sorted(declared), None, "text")
    for spec in subject.metrics:
        if spec.name in subject.undeclared and spec.name not in told:
            others = sorted(declared - set(subject.undeclared))
            yield _finding(spec.name, others, None, spec.type)


def _finding(name: str, declared: list[str], place: str | None, type_: str) -> Finding:
    near = difflib.get_close_matches(name, declared, 1, cutoff=0.85)
    return Finding(
        CODE,
        "warning",
        name,
        f"{name!r} is written{'' if place else ' by calls'}, and nobody has declared it"
        + (f" (did you mean {near[0]!r}?)." if near else "."),
        "It gets a column by itself, with a type guessed from its first value (after 500 such names none at"
        " all); the analyst knows nothing but its name.",
        f"Write {near[0]!r}, or declare it." if near else "Declare it.",
        snippet(name, {"type": type_, "definition": "(when exactly?)"}),
        place,
    )


def _pattern(write: CodeWrite) -> Finding:
    return Finding(
        CODE,
        "warning",
        write.name,
        f"The code writes names of the form {write.name!r}, and none of that form is declared.",
        "Each name that comes of it becomes a column of its own: what should be one metric with options is"
        " spread over many, and no breakdown shows them side by side.",
        "Write one categorical metric whose value is the part that changes, or declare the names.",
        place=write.place,
    )
