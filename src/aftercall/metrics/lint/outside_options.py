"""VALUE_OUTSIDE_OPTIONS: a categorical metric is written with something that is none of its options."""

from __future__ import annotations

from collections.abc import Iterator

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.yaml_write import snippet
from aftercall.model.metric_spec import MetricSpec
from aftercall.model.values import NotCoercible, coerce, plain

CODE = "VALUE_OUTSIDE_OPTIONS"


def check(subject: Subject) -> Iterator[Finding]:
    for spec in subject.metrics:
        if spec.type == "categorical":
            outside = _outside(subject, spec)
            if outside:
                yield _finding(subject, spec, outside)


def _outside(subject: Subject, spec: MetricSpec) -> dict[str, str | None]:
    """The values, each with a place where the code writes it."""
    found: dict[str, str | None] = {}
    for write in subject.scan.writes if subject.scan else ():
        if write.exact and write.name == spec.name and write.value is not None:
            try:
                coerce(write.value, "categorical", spec.options)
            except NotCoercible:
                found.setdefault(plain(write.value), write.place)
    used = (subject.used or {}).get(spec.name)
    for value in used.invalid_values if used else ():
        found.setdefault(value, None)
    return found


def _finding(subject: Subject, spec: MetricSpec, outside: dict[str, str | None]) -> Finding:
    told = ", ".join(repr(value[:60]) for value in list(outside)[:5])
    more = f" and {len(outside) - 5} more" if len(outside) > 5 else ""
    place = next((place for place in outside.values() if place), subject.place(spec.name))
    return Finding(
        CODE,
        "error",
        spec.name,
        f"{spec.name!r} is written with {told}{more}: none of its options.",
        "These values are kept as events and shown as invalid, but stand in no column: breakdowns leave the"
        " calls out.",
        "Add them as options, or write one of those that there are.",
        snippet(spec.name, {"options": [*spec.options, *list(outside)[:20]]}),
        place,
    )
