"""What a server takes of one event. What is longer is cut here, and said so on the conversation: a server
would refuse the whole event, and a call without its start is worth less than one with a cut text."""

from __future__ import annotations

from typing import Any

from aftercall.model.events import End, Event, Facts, encoder
from aftercall.sdk.bounds import EVENT_BYTES, FIELD_CHARACTERS, TAGS, TEXT_CHARACTERS

_LONG = frozenset(
    {"text", "translated_text", "content", "message", "traceback", "error", "reason", "utterance"}
)
_NOT_OURS = frozenset({"conversation_id", "id", "target", "name", "source"})
_ANYTHING = ("arguments", "result", "data")
_OBJECTS = ("set", "fields", "attributes", "sip_headers")
_LISTS = ("intents", "entities")
_BULKY_BYTES = 65_536


def fit(event: Event, size: int) -> list[str]:
    """Cut what is too long in the event, whose JSON has ``size`` bytes; one line for each cut."""
    cuts = _fit_texts(event)
    if size > EVENT_BYTES:
        cuts += _fit_bulk(event)
    return cuts


def _fit_texts(event: Event) -> list[str]:
    cuts = []
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if type(value) is str and name not in _NOT_OURS:
            is_long = name in _LONG and not isinstance(event, End)  # whose reason is a short one
            longest = TEXT_CHARACTERS if is_long else FIELD_CHARACTERS
            if len(value) > longest:
                setattr(event, name, _cut(value, longest))
                cuts.append(f"{name} had {len(value)} characters; cut to {longest}")
    if isinstance(event, Facts) and event.tags is not None:
        kept = [_cut(tag, FIELD_CHARACTERS) for tag in event.tags[:TAGS]]
        if kept != event.tags:
            cuts.append(
                f"there were {len(event.tags)} tags; at most {TAGS} of {FIELD_CHARACTERS} characters are kept"
            )
            event.tags = kept
    return cuts


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    ending = f"... ({len(text)} characters)"
    return text[: longest - len(ending)] + ending


def _fit_bulk(event: Event) -> list[str]:
    cuts = []
    for name in (*_ANYTHING, *_OBJECTS, *_LISTS):
        value = getattr(event, name, None)
        size = len(encoder.encode(value)) if value else 0
        if size > _BULKY_BYTES:
            setattr(event, name, _without_bulk(name, value, size))
            cuts.append(f"{name} had {size} bytes; what is too large of it is left out")
    return cuts


def _without_bulk(name: str, value: Any, size: int) -> Any:
    left_out = f"<{size} bytes left out>"
    if name in _LISTS:
        return [left_out]
    if not isinstance(value, dict):
        return left_out
    sizes = {key: len(encoder.encode(item)) for key, item in value.items()}
    small = {key: item for key, item in value.items() if sizes[key] <= 1_000}
    if sum(sizes[key] for key in small) > _BULKY_BYTES * 8:
        return {"...": left_out}
    return {key: small.get(key, f"<{sizes[key]} bytes left out>") for key in value}
