"""Declarations as they come in, checked before the registry takes them."""

from __future__ import annotations

from collections.abc import Iterable

from aftercall.extraction.field import Field, make_field
from aftercall.model.metric_spec import MetricSpec, Spec


def declared_field(spec: MetricSpec) -> Field | None:
    """None: it is not extracted. Raises InvalidInput (EXTRACTION_INVALID) that names the place."""
    if not spec.extraction:
        return None
    return make_field(spec.name, spec.type, spec.options, spec.definition, spec.extraction)


def check_declared(specs: Iterable[Spec]) -> None:
    """Every way into the registry comes through here: PUT, PATCH, POST, a metrics.yaml, an agent project.

    Raises InvalidInput (EXTRACTION_INVALID) for the first declaration that could not be asked. What is not
    active is not looked at: it was taken back, perhaps because it is wrong.
    """
    for spec in specs:
        if isinstance(spec, MetricSpec) and spec.active:
            declared_field(spec)
