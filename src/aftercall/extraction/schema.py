"""Fields as one JSON Schema: an object with an answer for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from aftercall.extraction.field import Field

MOST_QUOTES = 3
LONGEST_REASON = 300
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
"""What every provider takes as the name of a property."""


def keys_of(fields: Sequence[Field]) -> dict[str, Field]:
    """The property each field is asked under: its name, where providers take it as one."""
    keys: dict[str, Field] = {}
    for number, field in enumerate(fields, start=1):
        key = field.name if _KEY.fullmatch(field.name) else f"field_{number}"
        while key in keys:
            key = f"{key[:50]}_{number}"
        keys[key] = field
    return keys


def schema_of(keys: dict[str, Field]) -> dict[str, Any]:
    return _object({key: _answer(field) for key, field in keys.items()})


def _answer(field: Field) -> dict[str, Any]:
    told = {
        "status": {"type": "string", "enum": ["ok", "unknown", "not_applicable"]},
        "value": _value(field),
        "reason": {"type": "string", "description": f"At most {LONGEST_REASON} characters."},
        "confidence": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    }
    if field.extraction.grounded != "no":
        quote = _object({"turn": {"type": "integer"}, "quote": {"type": "string"}})
        told["evidence"] = {"type": "array", "items": quote, "maxItems": MOST_QUOTES}
    return _object(told)


def _value(field: Field) -> dict[str, Any]:
    if field.type == "categorical":
        return {"enum": [*field.options, None]}
    if field.type == "text":
        return {"type": ["string", "null"], "maxLength": field.extraction.max_length}
    schema: dict[str, Any] = {"type": [field.type, "null"]}
    for word, bound in (("minimum", field.extraction.minimum), ("maximum", field.extraction.maximum)):
        if bound is not None:
            schema[word] = bound
    return schema


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
