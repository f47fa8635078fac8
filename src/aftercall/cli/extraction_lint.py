"""Lint of declared fields: the declaration itself, and its rules on the examples beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aftercall.errors import InvalidInput
from aftercall.extraction import Field, check_examples, declared_field
from aftercall.metrics.lint import Finding
from aftercall.model.metric_spec import MetricSpec
from aftercall.runtime.metrics_file import FILE, MetricsFile

INVALID = "EXTRACTION_INVALID"
FAILED = "EXAMPLE_FAILED"
CODES = frozenset({INVALID, FAILED})


def findings_in(file: MetricsFile) -> Iterator[Finding]:
    """Of every active metric that is extracted."""
    for spec in file.metrics:
        if not spec.active:
            continue
        try:
            field = declared_field(spec)
        except InvalidInput as error:
            yield _invalid(spec, error.message, _place(spec, file.lines))
            continue
        if field is not None:
            yield from _failed(field, _place(spec, file.lines))


def _place(spec: MetricSpec, lines: Mapping[str, int]) -> str | None:
    return f"{FILE}:{lines[spec.name]}" if spec.name in lines else None


def _invalid(spec: MetricSpec, reason: str, place: str | None) -> Finding:
    return Finding(
        INVALID,
        "error",
        spec.name,
        f"{reason}.",
        "The registry refuses the whole file, and nothing is extracted.",
        "docs/extraction.md has every key of extract.",
        place=place,
    )


def _failed(field: Field, place: str | None) -> Iterator[Finding]:
    for failed in check_examples(field):
        yield Finding(
            FAILED,
            "error",
            field.name,
            f"{field.name!r}: {failed}.",
            "The rules say something else of a call than their author wants.",
            "Mend the rules or the example; `only: llm` is for one that is too hard for rules.",
            place=place,
        )
