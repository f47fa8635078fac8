"""Why an event was refused: a stable code for programs, a sentence for the person who mends it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from aftercall.ingest.limits import DEPTH
from aftercall.model.events import EVENT_TYPES, KINDS, Source

SOURCES = get_args(Source)


class Refused(Exception):
    """This event is not taken; its neighbours are none the worse."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


_MISSING = re.compile(r"Object missing required field `(.*?)`(?: - at `(.*)`)?", re.DOTALL)
_WRONG_TYPE = re.compile(r"Expected `(.*?)`(?:, got `(.*?)`)?(?: - at `(.*)`)?", re.DOTALL)
_CHOICE = re.compile(r"Invalid (?:enum )?value '(.*)' - at `\$\.(.*)`", re.DOTALL)
_RANGE = re.compile(r"(?:Number|Integer value) out of range(?: - at `(.*)`)?", re.DOTALL)
_TYPES = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}
_TYPES |= {"array": "a list", "object": "an object", "null": "null"}


def explain(error: Exception, data: bytes) -> Refused:
    """What ``event_decoder`` raised for ``data``, as a refusal."""
    if isinstance(error, RecursionError):
        return too_deep()
    if isinstance(error, UnicodeDecodeError):
        return bad_utf8(error)
    if isinstance(error, msgspec.ValidationError):
        return _explain_validation(str(error), data)
    return Refused("INVALID_JSON", f"This event is no valid JSON: {shown(str(error), 200)}.")


def too_deep() -> Refused:
    return Refused("TOO_DEEP", f"It nests deeper than {DEPTH} objects and lists: flatten it.")


def bad_utf8(error: UnicodeDecodeError) -> Refused:
    return Refused("INVALID_UTF8", f"It is not UTF-8 ({error.reason} at byte {error.start}): encode it so.")


def _explain_validation(message: str, data: bytes) -> Refused:
    if found := _MISSING.fullmatch(message):
        return _missing(found[1], data)
    if found := _CHOICE.fullmatch(message):
        return _wrong_choice(found[2], found[1], data)
    if found := _RANGE.fullmatch(message):
        return Refused("NUMBER_OUT_OF_RANGE", f"The number{_at(found[1])} is larger than a number can be.")
    if found := _WRONG_TYPE.fullmatch(message):
        return _wrong_type(found[1], found[2], found[3])
    return Refused("INVALID_EVENT", shown(message, 300))


def _missing(field: str, data: bytes) -> Refused:
    sent = _object(data)
    hint = _did_you_mean(field, sent.keys() - _fields(sent.get("kind")), '. Was it meant by "{}"?')
    needs = f'a "{sent["kind"]}" event needs it' if sent.get("kind") in KINDS else "every event needs it"
    kinds = f": one of {', '.join(KINDS)}" if field == "kind" else ""
    return Refused("MISSING_FIELD", f'The field "{field}" is missing; {needs}{kinds}{hint}')


def _wrong_choice(field: str, value: str, data: bytes) -> Refused:
    if field == "kind":
        hint = _did_you_mean(value, KINDS, ' Did you mean "{}"?')
        reason = f"There is no kind {_quoted(value)}.{hint} Kinds are {', '.join(KINDS)}."
        return Refused("UNKNOWN_KIND", reason)
    if field == "source":
        hint = _did_you_mean(value, SOURCES, ' Did you mean "{}"?')
        reason = f"There is no source {_quoted(value)}.{hint} Sources are {', '.join(SOURCES)}."
        return Refused("UNKNOWN_SOURCE", reason)
    choices = _choices(_object(data).get("kind"), field)
    hint = f"; it is one of {', '.join(choices)}" if choices else ""
    return Refused("INVALID_VALUE", f'"{shown(field, 80)}" cannot be {_quoted(value)}{hint}.')


def _wrong_type(expected: str, got: str | None, path: str | None) -> Refused:
    words = " or ".join(_TYPES.get(part, part) for part in expected.split(" | "))
    sent = f", not {_TYPES.get(got, got)}" if got else ""
    if path is None:
        return Refused("NOT_AN_OBJECT", f"An event is {words}{sent}.")
    return Refused("WRONG_TYPE", f"The value{_at(path)} must be {words}{sent}.")


def _at(path: str | None) -> str:
    return f" at {shown(path, 120)}" if path else ""


def _object(data: bytes) -> dict[str, Any]:
    """The event as a plain object; empty where it cannot be read as one."""
    try:
        sent = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    if not isinstance(sent, dict):
        return {}
    kind = sent.get("kind")
    return sent if kind is None or isinstance(kind, str) else {**sent, "kind": None}


def _fields(kind: str | None) -> Iterable[str]:
    cls = EVENT_TYPES.get(kind or "")
    return {"kind", *cls.__struct_fields__} if cls else {"kind"}


def _choices(kind: str | None, field: str) -> tuple[str, ...]:
    cls = EVENT_TYPES.get(kind or "")
    if cls is None:
        return ()
    for one in msgspec.structs.fields(cls):
        if one.encode_name == field:
            return get_args(one.type)
    return ()


def _did_you_mean(word: str, candidates: Iterable[str], form: str) -> str:
    # Only of short words: the comparison is quadratic, and nobody misspells a kind by a page.
    near = difflib.get_close_matches(word[:60], sorted(c for c in candidates if len(c) <= 60), 1)
    return form.format(shown(near[0], 60)) if near else ""


def _quoted(value: str) -> str:
    return f'"{shown(value, 60)}"'


def shown(text: str, longest: int) -> str:
    """Somebody else's text within a sentence of ours: of bounded length, control characters escaped."""
    text = text if len(text) <= longest else text[: longest - 3] + "..."
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
