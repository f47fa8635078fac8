"""TYPE_MISMATCH: what is written does not fit the metric's type."""

from __future__ import annotations

from collections.abc import Iterator

from aftercall.metrics.lint.code_scan import CodeWrite
from aftercall.metrics.lint.finding import Finding, Severity
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.yaml_write import snippet
from aftercall.model.metric_spec import MetricSpec
from aftercall.model.values import NotCoercible, coerce

CODE = "TYPE_MISMATCH"
_FITS = {
    "boolean": {"boolean"},
    "integer": {"integer"},
    "number": {"integer", "number"},
}
"""Of values that are not literal, those that surely fit; text may be lossless, so it is a warning only."""


def check(subject: Subject) -> Iterator[Finding]:
    for spec in subject.metrics:
        if spec.type == "categorical":
            continue  # see outside_options
        for write in subject.scan.writes if subject.scan else ():
            if write.exact and write.name == spec.name:
                fault = _fault(spec, write)
                if fault is not None:
                    yield _in_code(spec, write, *fault)
        used = (subject.used or {}).get(spec.name)
        if used is not None and used.invalid:
            yield _in_calls(subject, spec, used.invalid, used.invalid_values)


def _fault(spec: MetricSpec, write: CodeWrite) -> tuple[Severity, str] | None:
    if write.value is not None:
        try:
            coerce(write.value, spec.type)
        except NotCoercible as error:
            return "error", str(error)
        return None
    if write.type in ("unknown", "null") or spec.type == "text" or write.type in _FITS[spec.type]:
        return None
    may_fit = write.type == "text" or (spec.type == "integer" and write.type == "number")
    return ("warning" if may_fit else "error"), f"a {write.type} is written"


def _in_code(spec: MetricSpec, write: CodeWrite, severity: Severity, reason: str) -> Finding:
    suggested = write.type if write.type in ("boolean", "integer", "number", "text") else "text"
    return Finding(
        CODE,
        severity,
        spec.name,
        f"{spec.name!r} is {spec.type}, and the code writes something else: {reason}.",
        "What does not fit is kept as an event and shown as invalid, but stands in no column: averages and"
        " rates leave the call out.",
        f"Write a {spec.type}, or change the type (`aftercall metrics plan` shows what that does).",
        snippet(spec.name, {"type": suggested}),
        write.place,
    )


def _in_calls(subject: Subject, spec: MetricSpec, invalid: int, values: object) -> Finding:
    shown = (
        ", ".join(repr(value[:60]) for value in list(values)[:3]) if isinstance(values, list | tuple) else ""
    )
    return Finding(
        CODE,
        "error",
        spec.name,
        f"{spec.name!r} is {spec.type}; {invalid} values of the last {subject.days} days do not fit"
        + (f" ({shown})." if shown else "."),
        "They are kept as events and shown as invalid, but stand in no column: averages and rates leave the"
        " calls out.",
        "Write what fits, or change the type (`aftercall metrics plan` shows what that does).",
        snippet(spec.name, {"type": "text"}),
        subject.place(spec.name),
    )
