"""When things of an imported conversation happened: what the file tells, and an honest guess for the rest.

Order is what must survive. A missing time lies evenly between its known neighbours; where nothing
follows that is known, each step is one millisecond after the last, so that an average over such calls
is visibly no duration instead of an invented one. Everything guessed is marked by its event.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from aftercall.ingest.importer.conversation import Told, offset


@dataclass(slots=True)
class Moment:
    """``ms`` after the start; ``guessed`` when the file does not say so."""

    ms: int
    guessed: bool = False


def turn_moments(told: Told) -> list[Moment]:
    """One per turn, in the order of the turns. Raises BadLine."""
    known = [offset(turn.get("start_ms"), f"turn {n}: start_ms") for n, turn in enumerate(told.turns, 1)]
    moments: list[Moment] = []
    unknown = 0
    for ms in known:
        if ms is None:
            unknown += 1
        else:
            moments += _between(moments, unknown, ms)
            moments.append(Moment(ms))
            unknown = 0
    return moments + _between(moments, unknown, told.duration_ms)


def _between(moments: Sequence[Moment], count: int, after: int | None) -> list[Moment]:
    """``count`` guesses that follow the last of ``moments`` and lie before ``after``."""
    before = moments[-1].ms if moments else 0
    if after is None:
        return [Moment(before + step, guessed=True) for step in range(1, count + 1)]
    gap = max(0, after - before)
    return [Moment(before + gap * step // (count + 1), guessed=True) for step in range(1, count + 1)]


@dataclass(slots=True)
class Placed:
    """One event of the file and its place: before the turn with the index ``slot``."""

    number: int
    """From 0, in the file's order."""
    event: dict[str, Any]
    slot: int
    moment: Moment


def place_events(events: Iterable[dict[str, Any]], turns: Sequence[Moment]) -> list[Placed]:
    """In the order in which they happened: by ``after_turn``, else by their own time, else at the end."""
    latest = list(accumulate((turn.ms for turn in turns), max))  # people interrupt: times may go back
    placed = []
    for number, event in enumerate(events):
        ms = offset(event.get("start_ms"), f"event {number + 1}: start_ms")
        slot = _slot(event.get("after_turn"), ms, latest)
        moment = Moment(turns[slot - 1].ms if slot else 0, guessed=True) if ms is None else Moment(ms)
        placed.append(Placed(number, event, slot, moment))
    return sorted(placed, key=lambda one: one.slot)


def _slot(after_turn: Any, ms: int | None, latest: Sequence[int]) -> int:
    if isinstance(after_turn, int) and not isinstance(after_turn, bool):
        return min(max(after_turn, 0), len(latest))
    return len(latest) if ms is None else bisect_right(latest, ms)


def end_moment(told: Told, last: int) -> Moment:
    """The end: as the duration says, but never before the ``last`` thing that happened."""
    if told.duration_ms is None:
        return Moment(last, guessed=True)
    return Moment(max(told.duration_ms, last))
