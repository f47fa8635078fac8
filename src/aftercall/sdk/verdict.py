"""What an answer of the server means for the events that were sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

import msgspec

MAX_RETRY_AFTER_S = 3600.0
_CONFIGURATION = {
    401: "the API key is missing or unknown: set AFTERCALL_API_KEY",
    403: "the API key may not ingest for this project: it needs the scope ingest, and the right project",
    404: "no such address or project: check AFTERCALL_URL and AFTERCALL_PROJECT",
}
_TRANSIENT = frozenset({408, 425, 429})
_TOO_MUCH_OR_WRONG = frozenset({400, 413, 422})


_ABOUT_THE_CLIENT = {
    "PROJECT_REQUIRED": "set AFTERCALL_PROJECT, or Conversation(project=...)",
    "SCHEMA_TOO_NEW": "this SDK is newer than the server",
    "INVALID_GZIP": "something between here and the server changes what is sent; try gzip=False",
    "UNSUPPORTED_ENCODING": "use gzip=False",
}
"""Codes of 400 and 422 that are not the events' fault: nothing may be put aside for them."""


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Meaning(Enum):
    ACKNOWLEDGED = "every event was judged"
    SPLIT = "something in there is too large or wrong: send less at once to find out what"
    RETRY = "the server or the way to it is in trouble"
    CONFIGURATION = "nothing will be accepted until somebody changes something"


class Rejection(NamedTuple):
    position: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    meaning: Meaning
    reason: str = ""
    status: int = 0
    code: str = ""
    rejected: list[Rejection] = field(default_factory=list)
    retry_after_s: float | None = None


def judge(answer: Answer, sent: int) -> Verdict:
    """Acknowledged is only what accounts for all ``sent`` events: a proxy's friendly 200 deletes nothing."""
    told = _parse(answer.body)
    rejected = _verdicts(told, sent)
    if rejected is not None and (answer.status < 300 or answer.status in _TOO_MUCH_OR_WRONG):
        return Verdict(Meaning.ACKNOWLEDGED, rejected=rejected, status=answer.status)
    code, reason = _reason(answer, told)
    if code in _ABOUT_THE_CLIENT:
        return Verdict(Meaning.CONFIGURATION, f"{reason}; {_ABOUT_THE_CLIENT[code]}", answer.status, code)
    if answer.status in _TOO_MUCH_OR_WRONG:
        return Verdict(Meaning.SPLIT, reason, answer.status, code)
    if answer.status < 300:
        return Verdict(Meaning.RETRY, "the answer is not that of an aftercall server", answer.status)
    if answer.status >= 500 or answer.status in _TRANSIENT:
        return Verdict(Meaning.RETRY, reason, answer.status, code, retry_after_s=_retry_after(answer.headers))
    hint = _CONFIGURATION.get(
        answer.status, "unexpected: is AFTERCALL_URL the address of an aftercall server?"
    )
    return Verdict(Meaning.CONFIGURATION, f"{reason}; {hint}", answer.status, code)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _verdicts(told: dict[str, Any], sent: int) -> list[Rejection] | None:
    """The rejections, if the answer accounts for every event; else None."""
    data = told.get("data")
    for body in (told, data if isinstance(data, dict) else {}):
        accepted, duplicates, rejected = (body.get(key) for key in ("accepted", "duplicates", "rejected"))
        if isinstance(accepted, int) and isinstance(duplicates, int) and isinstance(rejected, list):
            found = [_rejection(item, sent) for item in rejected]
            whole = [item for item in found if item is not None]
            if len(whole) == len(rejected) and accepted + duplicates + len(whole) == sent:
                return whole
    return None


def _rejection(item: Any, sent: int) -> Rejection | None:
    position = item.get("position") if isinstance(item, dict) else None
    if not isinstance(position, int) or not 0 <= position < sent:
        return None
    return Rejection(position, str(item.get("code") or "REJECTED"), str(item.get("reason") or "")[:500])


def _reason(answer: Answer, told: dict[str, Any]) -> tuple[str, str]:
    code = str(told.get("error_code") or "")
    message = str(told.get("error_message") or told.get("error") or "")[:300]
    return code, " ".join(part for part in (f"HTTP {answer.status}", code, message) if part)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from either form of Retry-After; None if there is none that makes sense."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    from email.utils import parsedate_to_datetime  # takes longer to import than all of this file

    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
