"""DEFINITION_MISSING: nobody has said what it means. FAILURE_UNDEFINED: a yes-or-no that can be no, and whose
definition only says when it is yes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.lint.words import words
from aftercall.metrics.yaml_write import snippet
from aftercall.model.metric_spec import MetricSpec

_SAYS_NO = re.compile(
    r"\b(false|no|not|n't|else|otherwise|unless|fails?|failed|failure|declined?|without|never|none|neither|"
    r"unknown|null)\b|n't\b",
    re.IGNORECASE,
)


def check(subject: Subject) -> Iterator[Finding]:
    for spec in subject.metrics:
        if not spec.definition.strip():
            if spec.name not in subject.undeclared:  # of these UNREGISTERED_WRITE says it
                yield _missing(subject, spec)
        elif spec.type == "boolean" and not _SAYS_NO.search(_told(spec)):
            severity = _can_be_false(subject, spec)
            if severity is not None:
                yield _one_sided(subject, spec, extracted=severity == "extracted")


def _told(spec: MetricSpec) -> str:
    question = (spec.extraction or {}).get("extract")
    return f"{spec.definition} {question if isinstance(question, str) else ''}"


def _can_be_false(subject: Subject, spec: MetricSpec) -> str | None:
    """How we know that it has a false: a model decides it, or the code writes one."""
    if spec.extraction or "extraction" in spec.expected_sources:
        return "extracted"
    writes = subject.scan.writes if subject.scan else ()
    if any(write.exact and write.name == spec.name and write.value is False for write in writes):
        return "written"
    used = (subject.used or {}).get(spec.name)
    return "written" if used is not None and used.values.get("false") else None


def _missing(subject: Subject, spec: MetricSpec) -> Finding:
    said = " ".join(words(spec.name)) or spec.name
    return Finding(
        "DEFINITION_MISSING",
        "info",
        spec.name,
        f"{spec.name!r} has no definition.",
        "Reports show a bare name, and the analyst has nothing but its words to go by.",
        "Say in a sentence what is counted, and when.",
        snippet(spec.name, {"definition": f"(when exactly is it {said}?)"}),
        subject.place(spec.name),
    )


def _one_sided(subject: Subject, spec: MetricSpec, *, extracted: bool) -> Finding:
    return Finding(
        "FAILURE_UNDEFINED",
        "warning" if extracted else "info",
        spec.name,
        f"{spec.name!r} can be false, and its definition only says when it is true.",
        "A rate of it mixes calls where it failed with calls where it never came up"
        + (": the model that fills it in draws the line anew for each call." if extracted else "."),
        "Say what makes it false, and what leaves it unknown.",
        snippet(spec.name, {"definition": f"{spec.definition.strip()} False if (...). Unknown if (...)."}),
        subject.place(spec.name),
    )
