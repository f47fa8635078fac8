"""What was found, as metric events: the one place where results live."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from aftercall.extraction.field import Field
from aftercall.extraction.found import Found
from aftercall.model.values import plain


def event_of(found: Found, field: Field, conversation_id: str, *, prefix: str, at: int) -> dict[str, Any]:
    """A wire event (``kind: metric``, ``source: extraction``); its id is ``prefix`` and a hash of the name.

    ok            value, evidence
    ungrounded    the same; but where grounding is required the value does not count: ``invalid`` says why
    unknown, not_applicable   value null
    failed        ``invalid`` with the reason: not null, because nobody said that nothing is known
    """
    event: dict[str, Any] = {
        "kind": "metric",
        "id": f"{prefix}-{hashlib.sha256(found.name.encode('utf-8', 'replace')).hexdigest()[:12]}",
        "conversation_id": conversation_id,
        "at": at,
        "source": "extraction",
        "name": found.name,
        "value": found.value,
        "lineage": lineage_of(found, field, at),
    }
    if found.status == "failed":
        event |= {"value": "", "invalid": f"failed: {found.reason}"}
    elif found.status == "ungrounded" and field.extraction.grounded == "required":
        told = "" if found.value is None else plain(found.value)
        event |= {"value": told, "invalid": f"ungrounded: {found.reason}"}
    if found.evidence:
        event["evidence"] = [quote.as_evidence() for quote in found.evidence]
    return event


def lineage_of(found: Found, field: Field, at: int) -> dict[str, Any]:
    """Where the value comes from; what is not known or does not apply is left out."""
    told: dict[str, Any] = {
        "extractor": found.extractor,
        "definition": field.version,
        "status": found.status,
        "reason": found.reason or None,
        "self_reported": found.self_reported,
        "at": at,
        "tried": [dict(zip(("extractor", "status", "reason"), one, strict=True)) for one in found.tried]
        or None,
    }
    if found.asked is not None:
        asked = found.asked
        told |= {name: getattr(asked, name) for name in asked.__slots__}
        told["model"] = asked.model or None  # nobody answered
    return {name: value for name, value in told.items() if value is not None}


def events_of(
    found: Iterable[tuple[Field, Found]], conversation_id: str, *, prefix: str, at: int
) -> list[dict[str, Any]]:
    return [event_of(one, field, conversation_id, prefix=prefix, at=at) for field, one in found]
