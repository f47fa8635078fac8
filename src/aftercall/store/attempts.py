"""Post-call attempts: whose writes count, and where a conversation stands with them. Pure, part of the fold.

An attempt writes its events and its ``postcall`` event in one insert, each with ``lineage.attempt``. The
newest attempt that went well counts; where none did, the newest that wrote anything. The others stay as
history. What ``jobs`` puts into the lineage of a ``postcall`` event:

    attempt   its name, the same in all its events and in the ``attempt`` of this one
    events    how many events told of the conversation when it ran: a result of fewer is stale
    try       1, 2, 3... of one piece of work
    retry_at  epoch milliseconds of the next try, absent where there is none
    version   the agent project's version whose code ran, absent where none did
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from aftercall.model.events import SOURCE_RANK, Erasure, Metric, PostCall, Retraction, Update
from aftercall.store.incoming import Entry

Status = Literal["", "pending", "ok", "failed"]

_EXTRACTION = SOURCE_RANK["extraction"]
_HUMAN = SOURCE_RANK["human"]
_UNUSUAL_RANKS = (_EXTRACTION, _HUMAN)
_UNUSUAL = (PostCall, Retraction, Erasure)

OURS = "pc-"
"""How the names of our own attempts begin. What one of them wrote is there together with its outcome, or it
is what a process wrote that had been taken for dead, and counts nothing. Attempts that others report by
events of their own may write first and report later."""


class Standing(msgspec.Struct, gc=False):
    """Where a conversation stands with its post-call work. Times are epoch milliseconds."""

    told: int = 0
    """Events that tell of the conversation itself; see ``tells``."""
    told_at: int = 0
    """When the newest of them was received."""
    status: Status = ""
    """Empty while in progress; ``pending``: no attempt has seen these events yet."""
    due_at: int | None = None
    """From when the next attempt may run; None: nothing is to be done."""
    attempts: int = 0
    """Attempts ever made, retracted ones too: it never falls."""
    tries: int = 0
    """Which try the newest attempt was."""
    ended_at: int | None = None
    """When the newest attempt ended."""
    error: str | None = None
    """Why the newest attempt failed; None when it did not."""
    version: str | None = None
    """The agent project's version whose results count."""


def unusual(everything: list[Entry]) -> list[Entry]:
    """The few events this file has to look at, found in the one pass that every commit can afford."""
    return [entry for entry in everything if entry.rank in _UNUSUAL_RANKS or type(entry.event) in _UNUSUAL]


def attempt_of(entry: Entry) -> str | None:
    """The attempt that wrote this event, if one did."""
    event = entry.event
    if event.lineage is None or entry.rank != _EXTRACTION:
        return None
    attempt = event.lineage.get("attempt")
    return attempt if isinstance(attempt, str) else None


def is_of_attempt(entry: Entry) -> bool:
    return type(entry.event) is PostCall or attempt_of(entry) is not None


def tells(entry: Entry) -> bool:
    """Whether it tells of the conversation itself, so that a result without it would be stale.

    Neither what attempts write nor labels do: what a person or an extraction says of the call changes
    nothing of what was said in it. See ``_told`` for retractions.
    """
    event = entry.event
    kind = type(event)
    if kind is PostCall or kind is Erasure:
        return False
    if entry.rank == _HUMAN:
        return kind is not Metric and kind is not Update
    if entry.rank == _EXTRACTION:
        return kind is not Metric and attempt_of(entry) is None
    return True


def without_superseded(kept: list[Entry], among: list[Entry]) -> list[Entry]:
    """``kept`` without the events of attempts that do not count; ``among``: ``unusual`` of everything."""
    known = {entry.event.attempt for entry in among if type(entry.event) is PostCall}
    if not known:
        return kept
    winner = _counting(kept)
    return [entry for entry in kept if _counts(entry, winner, known)]


def _counts(entry: Entry, winner: str | None, known: set[str]) -> bool:
    if type(entry.event) is PostCall:
        return True
    attempt = attempt_of(entry)
    if attempt is None or attempt == winner:
        return True
    return attempt not in known and not attempt.startswith(OURS)


def _counting(kept: list[Entry]) -> str | None:
    """The attempt whose events count."""
    outcomes = [entry.event for entry in kept if type(entry.event) is PostCall]
    for outcome in reversed(outcomes):
        if outcome.status == "ok":
            return str(outcome.attempt)
    wrote = {attempt_of(entry) for entry in kept if type(entry.event) is not PostCall}
    for outcome in reversed(outcomes):
        if outcome.attempt in wrote:
            return str(outcome.attempt)
    return None


def standing(
    everything: list[Entry], among: list[Entry], retracted: set[str], last_received_at: int, ended: bool
) -> Standing:
    """``everything`` and ``unusual`` of it, in order; ``ended``: an end was told."""
    result = Standing()
    result.told, result.told_at = _told(everything, among, last_received_at)
    outcomes = [e for e in among if type(e.event) is PostCall]
    result.attempts = len(outcomes)
    outcomes = [e for e in outcomes if e.event_id not in retracted]
    if not ended:
        return result
    newest = outcomes[-1] if outcomes else None
    if newest is None or _seen(newest.event) < result.told:
        result.status, result.due_at = "pending", result.told_at
    else:
        _follow(result, newest)
    good = [entry for entry in outcomes if entry.event.status == "ok"]
    if good:
        version = (good[-1].event.lineage or {}).get("version")
        result.version = version if isinstance(version, str) else None
    return result


def _follow(result: Standing, newest: Entry) -> None:
    outcome: PostCall = newest.event
    lineage: dict[str, Any] = outcome.lineage or {}
    result.ended_at = newest.at
    result.tries = _int(lineage.get("try"))
    if outcome.status == "ok":
        result.status = "ok"
        return
    result.status = "failed"
    result.error = outcome.error or "failed"
    retry_at = lineage.get("retry_at")
    result.due_at = _int(retry_at) if retry_at is not None else None


def _told(everything: list[Entry], among: list[Entry], last_received_at: int) -> tuple[int, int]:
    """How many tell of the conversation, and when the newest of them was received.

    A retraction does as far as what it takes back did: taking back a label changes no transcript.
    """
    silent = {entry.event_id for entry in among if not tells(entry)}
    if not silent:
        return len(everything), last_received_at
    silent |= {e.event_id for e in among if type(e.event) is Retraction and e.event.target in silent}
    telling = [entry.received_at for entry in everything if entry.event_id not in silent]
    return len(telling), max(telling, default=0)


def _seen(outcome: PostCall) -> int:
    """How many events the attempt knew of. Whoever reports an attempt without saying so knew them all."""
    events = (outcome.lineage or {}).get("events")
    return 2**63 if events is None else _int(events)


def _int(value: Any) -> int:
    """Lineage is whatever somebody sent."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else 0
