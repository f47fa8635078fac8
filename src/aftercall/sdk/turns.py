"""What may be said of an utterance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aftercall.sdk.facts import Problems, read_number, read_optional_text
from aftercall.sdk.log import is_true
from aftercall.sdk.plain import plain, text_of

SPEAKERS = {"user": "user", "caller": "user", "customer": "user", "human": "user"}
SPEAKERS |= {"agent": "agent", "assistant": "agent", "bot": "agent", "ai": "agent"}
_TURN_TEXTS = ("dtmf", "language", "translated_text")
_TURN_FLAGS = ("is_silence", "is_ood")
_TURN_LISTS = ("intents", "entities")


def read_speaker(speaker: Any, problems: Problems) -> str:
    side = SPEAKERS.get(text_of(speaker).strip().lower())
    if side is None:
        problems.add(f"speaker is {text_of(speaker)[:60]!r}, not user or agent; recorded as agent")
    return side or "agent"


def read_turn(more: Mapping[str, Any], problems: Problems) -> tuple[dict[str, Any], dict[str, Any]]:
    """``(fields of a turn, fields the wire schema does not name)``"""
    fields: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, value in more.items():
        if name in _TURN_TEXTS:
            fields[name] = read_optional_text(value, name, problems)
        elif name in _TURN_FLAGS:
            fields[name] = is_true(value)
        elif name in _TURN_LISTS:
            found = plain(value)
            fields[name] = found if found is None or isinstance(found, list) else [found]
        elif name == "index":
            number = read_number(value, name, problems)
            fields[name] = None if number is None else int(number)
        else:
            problems.add(f"a turn has no {name!r}")
            extra[text_of(name)] = plain(value)
    return fields, extra
