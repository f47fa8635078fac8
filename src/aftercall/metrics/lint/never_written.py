"""NEVER_WRITTEN: declared, and neither the code nor any call writes it."""

from __future__ import annotations

from collections.abc import Iterator

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.yaml_write import snippet
from aftercall.model.metric_spec import MetricSpec

CODE = "NEVER_WRITTEN"


def check(subject: Subject) -> Iterator[Finding]:
    """What calls wrote beats what the code looks like."""
    for spec in subject.metrics:
        reason = _reason(subject, spec)
        if reason is not None:
            yield Finding(
                CODE,
                "warning",
                spec.name,
                f"{spec.name!r} is declared, and {reason}.",
                "A dashboard of it is empty, and the analyst answers 0 where in truth nobody looked.",
                "Write it, or deactivate it.",
                snippet(spec.name, {"active": False}),
                subject.place(spec.name),
            )


def _reason(subject: Subject, spec: MetricSpec) -> str | None:
    if subject.used is not None:
        used = subject.used.get(spec.name)
        return None if used and used.writes else f"no call of the last {subject.days} days wrote it"
    if subject.scan is None or not subject.scan.files or not _written_by_code(spec):
        return None
    return None if subject.scan.may_write(spec.name) else "no code of the project writes it"


def _written_by_code(spec: MetricSpec) -> bool:
    if spec.extraction:
        return False
    return not spec.expected_sources or "agent" in spec.expected_sources
