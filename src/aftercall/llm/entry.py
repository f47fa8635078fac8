"""One call's line in the ledger, while the call is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from aftercall.llm.errors import ChatCompletionError
from aftercall.llm.ledger import Ledger
from aftercall.llm.owner import Owner
from aftercall.llm.route import Route
from aftercall.llm.settings import Settings
from aftercall.llm.sqlite import FILE_ERRORS

T = TypeVar("T")


@dataclass(frozen=True)
class Reservation:
    day: str
    amount: float


@dataclass(frozen=True)
class Entry:
    """No call without one: the cap would mean nothing. Raises ChatCompletionError (MODEL_LEDGER_FAILED)."""

    id: int
    _ledger: Ledger
    _project: str
    _clock: Callable[[], float]
    _began: float

    @classmethod
    async def begin(
        cls, ledger: Ledger, settings: Settings, route: Route, owner: Owner, clock: Callable[[], float]
    ) -> Entry:
        days = settings.keep_ledger_days
        number = await _booked(ledger.begin, route, owner.project, owner.conversation, days)
        return cls(number, ledger, owner.project, clock, clock())

    async def reserve(self, amount: float, cap: float | None) -> Reservation:
        """Raises SpendCapReached."""
        day = await _booked(self._ledger.reserve, self.id, self._project, amount, cap)
        return Reservation(day, amount)

    async def settle(self, reserved: Reservation, cost: float) -> None:
        await _booked(self._ledger.settle, self.id, self._project, reserved.day, reserved.amount, cost)

    async def end(
        self,
        outcome: str,
        tokens: tuple[int, int] = (0, 0),
        *,
        finish: str | None = None,
        cached: bool = False,
    ) -> None:
        latency_ms = round((self._clock() - self._began) * 1000)
        await _booked(
            self._ledger.end,
            self.id,
            outcome=outcome,
            latency_ms=latency_ms,
            tokens=tokens,
            finish=finish,
            cached=cached,
        )


async def _booked(book: Callable[..., T], *arguments: Any, **named: Any) -> T:
    try:
        return await asyncio.to_thread(book, *arguments, **named)
    except FILE_ERRORS as error:
        problem = str(error)
    raise ChatCompletionError(
        f"the ledger of model calls cannot be written: {problem}", code="MODEL_LEDGER_FAILED", passing=True
    )
