"""Definitions that come with the package (builtin/*.yaml): ``use: sentiment`` in a metric's ``extract:``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, cast

import yaml

from aftercall.errors import InvalidInput

NAMES = (
    "resolution",
    "sentiment",
    "escalation_count",
    "follow_up_needed",
    "repeat_contact",
    "no_show_risk",
    "summary",
    "quality",
)


def builtin(name: str, field: str) -> dict[str, Any]:
    """``{type, options?, definition, extract: {...}}``. Raises InvalidInput (EXTRACTION_INVALID)."""
    if name not in NAMES:
        raise InvalidInput(
            f"{field}: extract: use is {name!r}: choose from {', '.join(NAMES)}", code="EXTRACTION_INVALID"
        )
    return _read(name)


@cache
def _read(name: str) -> dict[str, Any]:
    text = (files("aftercall.extraction") / "builtin" / f"{name}.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.safe_load(text))
