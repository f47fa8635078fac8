"""Specs as the text of a metrics.yaml: read back, it says exactly the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from aftercall.model.metric_spec import EXTRACTION_KEYS, Spec, defaults, flagged, spec_fields

HEAD = "# The project's metrics, as its registry has them. docs/metrics.md explains every key.\n"
_WIDTH = 110
_ORDER = (
    "type",
    "options",
    "numerator",
    "denominator",
    "multiplier",
    "unit",
    "better",
    "display_name",
    "definition",
)


def write_yaml(specs: Iterable[Spec]) -> str:
    """What is as it is by default is left out."""
    told = {spec.name: entry(spec) for spec in specs}
    return HEAD + "\n".join(snippet(name, item) for name, item in told.items()) if told else HEAD + "{}\n"


def snippet(name: str, fields: dict[str, Any]) -> str:
    """One entry of the file, or a part of one: a suggested change."""
    return str(
        yaml.safe_dump(
            {name: fields}, allow_unicode=True, sort_keys=False, width=_WIDTH, default_flow_style=None
        )
    )


def entry(spec: Spec) -> dict[str, Any]:
    """The mapping under its name."""
    fields = spec_fields(spec)
    usual = defaults(spec.name, fields["type"])
    told = {key: value for key, value in fields.items() if key == "type" or value != usual[key]}
    for side in ("numerator", "denominator"):
        if side in told and told[side] == flagged(str(told[side].get("metric"))):
            told[side] = told[side]["metric"]
    extraction = told.pop("extraction", None)
    ordered = {key: told.pop(key) for key in _ORDER if key in told}
    return {**ordered, **told, **_declared(extraction or {})}


def _declared(extraction: dict[str, Any]) -> dict[str, Any]:
    """The known keys beside the type, whatever else under ``extraction``."""
    flat = {key: extraction[key] for key in EXTRACTION_KEYS if key in extraction}
    rest = {key: value for key, value in extraction.items() if key not in flat}
    return {**({"extraction": rest} if rest else {}), **flat}
