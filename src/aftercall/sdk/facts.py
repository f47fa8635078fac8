"""What is known of a conversation as a whole, and times, in the forms the wire wants."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aftercall.model.ids import new_id
from aftercall.model.times import datetime_ms, parse_ms
from aftercall.sdk.bounds import ID_CHARACTERS
from aftercall.sdk.metrics import kind_of
from aftercall.sdk.plain import basic, is_a, mend_name, plain, text_of

MAX_ID = 512
_NOT_IN_SLUGS = re.compile(r"[^\x21-\x7e]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

ALIASES = {
    "caller_number": "from_number",
    "callee_number": "to_number",
    "env": "environment",
    "channel_type": "channel",
    "variant": "variant_name",
    "integration_attributes": "attributes",
}
"""Names that agent projects know a fact by."""
_TEXTS = frozenset(
    {
        "channel",
        "environment",
        "direction",
        "from_number",
        "to_number",
        "language",
        "variant_id",
        "variant_name",
        "agent_version",
    }
)
FACTS = frozenset({*_TEXTS, "started_at", "tags", "attributes"})


@dataclass(slots=True)
class Problems:
    """What was wrong with what was passed; the caller decides whether to raise or to record it."""

    lines: list[str]

    def add(self, line: str) -> None:
        self.lines.append(line)


def read_facts(told: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Facts under their wire names, each of its type; None means not told. Unknown ones become attributes."""
    facts: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for name, value in told.items():
        wire_name = ALIASES.get(name, name)
        if wire_name not in FACTS:
            problems.add(
                f"there is no fact {name!r} (known: {', '.join(sorted(FACTS))}); use attributes={{...}}"
            )
            unknown[text_of(name)] = plain(value)
        elif value is not None:
            facts[wire_name] = _read_fact(wire_name, value, problems)
    if unknown:
        facts["attributes"] = {**unknown, **facts.get("attributes", {})}
    return {name: value for name, value in facts.items() if value is not None}


def _read_fact(name: str, value: Any, problems: Problems) -> Any:
    if name == "started_at":
        return read_time(value, "started_at", problems)
    if name == "tags":
        if type(value) not in (list, tuple, set, frozenset):
            problems.add(f"tags is {kind_of(value)}, not a list of texts")
            return [text_of(value)]
        return [text_of(tag) for tag in value]
    if name == "attributes":
        found = plain(value)
        if not isinstance(found, dict):
            problems.add(f"attributes is {kind_of(value)}, not a dict")
            return {"value": found}
        return found
    return read_text(value, name, problems)


def read_text(value: Any, name: str, problems: Problems) -> str:
    if not is_a(value, str):
        problems.add(f"{name} is {kind_of(value)}, not a text")
    return text_of(value)


def read_name(value: Any, name: str, problems: Problems) -> str:
    """A text that the server takes as a name."""
    told, fault = mend_name(read_text(value, name, problems))
    if fault is not None:
        problems.add(f"{name}: {fault}")
    return told


def read_project(value: Any, problems: Problems) -> str | None:
    """A slug that can stand in a header; one the server does not know is told by the server."""
    if value is None:
        return None
    told = read_text(value, "project", problems)
    mended = _NOT_IN_SLUGS.sub("?", told)[:200]
    if mended != told:
        problems.add(f"project is {told[:60]!r}: slugs have visible ASCII characters only")
    return mended


def read_optional_text(value: Any, name: str, problems: Problems) -> str | None:
    return None if value is None else read_text(value, name, problems)


def read_number(value: Any, name: str, problems: Problems) -> float | None:
    if value is None:
        return None
    told = basic(value)
    if type(told) in (int, float):
        try:
            number = float(told)  # type: ignore[arg-type]
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    problems.add(f"{name} is {text_of(value)[:60]!r}, not a finite number; left out")
    return None


def read_time(value: Any, name: str, problems: Problems) -> int | None:
    """Epoch milliseconds of a datetime (naive: UTC), of epoch milliseconds, or of ISO 8601 text."""
    if value is None:
        return None
    try:
        if is_a(value, datetime):
            return datetime_ms(value)
        told: Any = basic(value)
        if type(told) in (int, float, str):
            return _check_unit(parse_ms(told), told, name, problems)
        problems.add(f"{name} is {kind_of(value)}: use a datetime, epoch milliseconds or ISO 8601 text")
    except Exception as error:  # noqa: BLE001 - out of range, or a time zone of the project that raises
        problems.add(f"{name} is not a time ({text_of(error)}); now is used instead")
    return None


def _check_unit(ms: int, value: Any, name: str, problems: Problems) -> int | None:
    if not isinstance(value, str) and 900_000_000 <= ms < 10_000_000_000:
        # as milliseconds this is early 1970, as seconds it is 1998 to 2286: there is no doubt which was meant
        problems.add(
            f"{name} is {value!r}, which looks like seconds: use milliseconds, such as time.time() * 1000"
        )
        return ms * 1000
    if not -(2**53) < ms < 2**53:
        problems.add(f"{name} is {text_of(value)[:40]}, which is no time; now is used instead")
        return None
    return ms


def read_event_id(value: Any, problems: Problems) -> str | None:
    """None: no event can have it, so there is nothing to retract."""
    text = text_of(value)
    if is_a(value, str) and 0 < len(text) <= ID_CHARACTERS and not _CONTROL.search(text):
        return text
    problems.add(f"event_id is {text[:60]!r}, which is no id of an event; nothing is retracted")
    return None


def read_id(value: Any, problems: Problems) -> str:
    """The conversation's id: the one given, else a new one that sorts by time."""
    if value is None:
        return new_id()
    text = text_of(value)
    if not text.strip():
        problems.add("the conversation id is empty; a new one is used")
        return new_id()
    mended = _CONTROL.sub("?", text)
    if mended != text:
        problems.add("the conversation id has control characters; they are replaced by ?")
    if len(mended) > MAX_ID:
        problems.add(
            f"the conversation id has {len(mended)} characters, at most {MAX_ID} are allowed; it is shortened"
        )
        import hashlib  # loads OpenSSL, and this is rare

        return f"{mended[:400]}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
    return mended
