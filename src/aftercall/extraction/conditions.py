"""Whether a call is asked at all: a field's ``when``."""

from __future__ import annotations

import hashlib

from aftercall.extraction.call import Call
from aftercall.extraction.field import Field
from aftercall.extraction.rules.condition import equals


def why_skipped(call: Call, field: Field) -> str | None:
    """Why nothing is written for this call; None: it is asked."""
    when = field.extraction.when
    if when.channel is not None and not equals(call.facts.get("channel"), when.channel):
        return f"the channel is {call.facts.get('channel')}"
    if when.language is not None and not _speaks(call, when.language):
        return f"the language is {call.facts.get('language') or 'not known'}"
    if when.min_turns is not None and len(call.turns) < when.min_turns:
        return f"it has {len(call.turns)} turns: {when.min_turns} are asked for"
    duration = call.facts.get("duration")
    if when.min_duration is not None and (duration is None or duration < when.min_duration):
        return f"its duration is {'not known' if duration is None else f'{duration:g} s'}"
    for name, wanted in when.only_if.items():
        if not equals(call.metrics.get(name), wanted):
            return f"{name} is {call.metrics.get(name)!r:.40}"
    return (
        None if share(call.id, field.name) < when.sample else f"it is not in the sample of {when.sample:g}%"
    )


def share(conversation_id: str, name: str) -> float:
    """From 0 to under 100, the same each time: a call in a sample of 10% is in the one of 20% too."""
    digest = hashlib.sha256(f"{name}\0{conversation_id}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:6]) / 2**48 * 100


def _speaks(call: Call, wanted: str | list[str]) -> bool:
    told = str(call.facts.get("language") or "").replace("_", "-").casefold()
    listed = [wanted] if isinstance(wanted, str) else wanted
    folded = [one.replace("_", "-").casefold() for one in listed]
    return any(told == one or told.startswith(f"{one}-") for one in folded)
