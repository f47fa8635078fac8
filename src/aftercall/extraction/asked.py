"""What code asks for by ``conv.extract({...})``: fields made on the spot, and answers as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aftercall.errors import InvalidInput
from aftercall.extraction.field import CODE, Field, make_field
from aftercall.extraction.run import Results

MOST_FIELDS = 100


def asked_fields(told: Mapping[str, Any]) -> list[Field]:
    """``{"RESOLVED": {"type": "boolean", "question": "..."}, "WHY": "In one sentence, why did they call?"}``.

    A text is the question of a text field. In an object ``type``, ``options`` and ``definition`` are the
    metric's, everything else is the extraction's. Raises InvalidInput (EXTRACTION_INVALID).
    """
    if not isinstance(told, Mapping) or not told:
        raise InvalidInput("conv.extract takes an object with a question for each name", code=CODE)
    if len(told) > MOST_FIELDS:
        raise InvalidInput(f"conv.extract takes {MOST_FIELDS} fields at most, not {len(told)}", code=CODE)
    return [_field(str(name), one) for name, one in told.items()]


def _field(name: str, told: Any) -> Field:
    if isinstance(told, str):
        return make_field(name, "text", extract=told)
    if not isinstance(told, Mapping):
        raise InvalidInput(f"{name}: give a question, or an object with one", code=CODE)
    rest = {key: value for key, value in told.items() if key not in ("type", "options", "definition")}
    type_ = told.get("type") or (
        None if told.get("use") else "categorical" if told.get("options") else "text"
    )
    return make_field(name, type_, told.get("options"), told.get("definition"), rest)


def answers_of(results: Results) -> dict[str, dict[str, Any]]:
    """By name: ``{value, status, reason, evidence, extractor}``; ``value`` None unless it counts. Fields that
    were not asked have the status ``skipped``."""
    told = {name: _answer(None, "skipped", why) for name, why in results.skipped.items()}
    for field, found in results.found:
        counts = found.status == "ok" or (
            found.status == "ungrounded" and field.extraction.grounded != "required"
        )
        told[field.name] = {
            **_answer(found.value if counts else None, found.status, found.reason),
            "evidence": [quote.as_evidence() for quote in found.evidence],
            "extractor": found.extractor,
        }
    return told


def _answer(value: Any, status: str, reason: str) -> dict[str, Any]:
    return {"value": value, "status": status, "reason": reason, "evidence": [], "extractor": None}
