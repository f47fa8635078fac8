"""One answer from those for the parts of a long call. The rule:

A failure of any part is a failure of the field, because the parts not read may say otherwise. Else the known
values are merged by the field's ``merge``: last (the later part knows more), first, any (true where any says
so), all, sum, max, min, join (texts, one after the other). Where no part knows a value: ``not_applicable`` if
every part says so, else ``unknown``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from aftercall.extraction.field import Field
from aftercall.extraction.found import Found
from aftercall.model.values import NotCoercible, Value

_NUMBERS: dict[str, Callable[[Sequence[float]], float]] = {"sum": sum, "max": max, "min": min}


def merge(field: Field, parts: Sequence[Found]) -> Found:
    """``parts`` in the order of the call, at least one."""
    if len(parts) == 1:
        return parts[0]
    failed = next((part for part in parts if part.status == "failed"), None)
    if failed is not None:
        return failed
    known = [part for part in parts if part.status in ("ok", "ungrounded")]
    if not known:
        return next((part for part in parts if part.status == "unknown"), parts[-1])
    value = _value(field, [part.value for part in known if part.value is not None])
    chosen = [part for part in known if part.value == value] or known
    last = chosen[0] if field.merge == "first" else chosen[-1]
    try:
        value = field.value(value)
    except NotCoercible as error:
        return replace(last, status="failed", value=None, reason=f"PARTS_DO_NOT_MERGE: {error}")
    shown = tuple(quote for part in (known if value != last.value else chosen) for quote in part.evidence)
    ungrounded = any(part.status == "ungrounded" for part in chosen)
    return replace(last, status="ungrounded" if ungrounded else "ok", value=value, evidence=shown)


def _value(field: Field, values: Sequence[Value]) -> Value:
    how = field.merge
    if how in _NUMBERS and all(isinstance(value, int | float) for value in values):
        result = _NUMBERS[how]([value for value in values if isinstance(value, int | float)])
        return int(result) if field.type == "integer" else result
    if how == "any" and field.type == "boolean":
        return any(values)
    if how == "all" and field.type == "boolean":
        return all(values)
    if how == "join" and field.type == "text":
        return _joined([str(value) for value in values], field.extraction.max_length)
    return values[0] if how == "first" else values[-1]


def _joined(texts: Sequence[str], most: int) -> str:
    text = " ".join(dict.fromkeys(texts))
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
