"""What follows from a file's own words: failed tools, handoffs, metric names, labels as metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from aftercall.model.values import is_value

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")
_HANDOFF = re.compile(
    r"(transfer|escalate|hand_?off|hand_?over)"
    r"(_(the_)?(call|caller|customer|user|conversation))?"
    r"(_to_(a_|an_|the_)?(live_)?(human|agent|person|operator|representative|rep|staff|specialist"
    r"|supervisor|manager|queue|department|support|front_desk|reception|colleague))?"
)
_FAILED = frozenset(("error", "failed", "failure"))
_LONGEST_ERROR = 500
_LONGEST_NAME = 150


def snake(name: str) -> str:
    """``Hotels_1.ReserveHotel`` -> ``hotels_1_reserve_hotel``; empty when it has no letter or digit."""
    return "_".join(_WORDS.findall(name)).lower()[:_LONGEST_NAME].strip("_")


def metric_name(prefix: str, name: str) -> str:
    """UPPER_SNAKE, as agents name their metrics."""
    return f"{prefix}{snake(name).upper() or 'UNNAMED'}"


def is_tool_call(event: dict[str, Any]) -> bool:
    """Something was called by name: ``tool_call``, or a name with arguments or a result."""
    if not event.get("name"):
        return False
    return event["type"] in ("tool_call", "function_call") or "args" in event or "result" in event


def error_of(event: dict[str, Any]) -> str | None:
    """Why the tool failed; None when it did not. An ``error`` of the event itself is believed first."""
    told = event.get("error")
    if isinstance(told, str) and told:
        return told[:_LONGEST_ERROR]
    result = _parsed(event.get("result"))
    if told is None:
        failed = isinstance(result, dict) and _says_failed(result)
    else:
        failed = bool(told)
    return _reason(result) if failed else None


def _parsed(result: Any) -> Any:
    """Many tools answer with JSON in a text."""
    if isinstance(result, str) and result[:1] == "{":
        try:
            return msgspec.json.decode(result)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return result
    return result


def _says_failed(result: dict[str, Any]) -> bool:
    status = result.get("status")
    return (
        (isinstance(status, str) and status.lower() in _FAILED)
        or result.get("is_error") is True
        or result.get("success") is False
        or bool(result.get("error"))
    )


def _reason(result: Any) -> str:
    if isinstance(result, dict):
        for key in ("message", "error", "error_type", "error_code"):
            if isinstance(result.get(key), str) and result[key]:
                return str(result[key])[:_LONGEST_ERROR]
    if isinstance(result, str) and result:
        return result[:_LONGEST_ERROR]
    return "failed"


def is_handoff(event: dict[str, Any]) -> bool:
    """The call went to a person: a tool or an event of such a name, and it did not fail."""
    name = event.get("name") or event["type"]
    return _HANDOFF.fullmatch(snake(name)) is not None and error_of(event) is None


def handoff_fields(event: dict[str, Any]) -> dict[str, str]:
    """``destination`` and ``reason``, where its arguments (or it itself) have them."""
    args = event.get("args")
    told = args if isinstance(args, dict) else event
    fields = {
        "destination": ("destination", "department", "queue", "transfer_to", "to"),
        "reason": ("reason", "transfer_reason", "handoff_reason", "escalation_reason"),
    }
    found = {
        field: next((told[key] for key in keys if isinstance(told.get(key), str) and told[key]), None)
        for field, keys in fields.items()
    }
    return {field: text for field, text in found.items() if text is not None}


def label_writes(labels: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(metric name, value): one write per item of a list, none for null, objects as JSON text."""
    for key, label in labels.items():
        for item in label if isinstance(label, list) else [label]:
            if item is not None:
                value = item if is_value(item) else msgspec.json.encode(item).decode()
                yield metric_name("LABEL_", key), value
