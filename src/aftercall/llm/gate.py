"""One endpoint's door: so many at once, so many a minute, and nobody while the provider asked to wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aftercall.llm.errors import ChatCompletionError
from aftercall.llm.settings import Endpoint
from aftercall.llm.window import Window

Sleep = Callable[[float], Awaitable[object]]


class Admission:
    """A request under way. ``used`` says how many tokens it took, once that is known."""

    def __init__(self, tokens: Window, entry: list[float]) -> None:
        self._tokens = tokens
        self._entry = entry

    def used(self, tokens: int) -> None:
        self._tokens.correct(self._entry, tokens)


class Gate:
    """Lives in the door's event loop: no locks between threads. Waiters are let in as they came."""

    def __init__(self, name: str, endpoint: Endpoint, clock: Callable[[], float], sleep: Sleep) -> None:
        self._name = name
        self._places = asyncio.Semaphore(endpoint.concurrency)
        self._requests = Window(endpoint.requests_per_minute)
        self._tokens = Window(endpoint.tokens_per_minute)
        self._turn = asyncio.Lock()
        self._closed_until = float("-inf")
        self._clock = clock
        self._sleep = sleep

    @asynccontextmanager
    async def admitted(self, tokens: int, deadline: float) -> AsyncIterator[Admission]:
        """Raises ChatCompletionError (MODEL_RATE_LIMITED) where the wait would be longer than
        ``deadline``."""
        await self._acquire(self._places, deadline)
        try:
            await self._acquire(self._turn, deadline)
            try:
                await self._wait(tokens, deadline)
                now = self._clock()
                self._requests.take(1, now)
                admission = Admission(self._tokens, self._tokens.take(tokens, now))
            finally:
                self._turn.release()
            yield admission
        finally:
            self._places.release()

    def close_for(self, seconds: float) -> None:
        """The provider asked for a pause: it means all requests, not only the one it said it to."""
        self._closed_until = max(self._closed_until, self._clock() + seconds)

    async def _acquire(self, lock: asyncio.Semaphore | asyncio.Lock, deadline: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, deadline - self._clock())):
                await lock.acquire()
        except TimeoutError:
            raise self._too_long(None) from None

    async def _wait(self, tokens: int, deadline: float) -> None:
        while True:
            now = self._clock()
            waits = (
                self._requests.wait_s(1, now),
                self._tokens.wait_s(tokens, now),
                self._closed_until - now,
            )
            wait = max(waits)
            if wait <= 0:
                return
            if now + wait > deadline:
                raise self._too_long(wait)
            await self._sleep(wait)

    def _too_long(self, wait: float | None) -> ChatCompletionError:
        return ChatCompletionError(
            f"endpoint {self._name!r} is at its limits (concurrency, requests or tokens per minute, or the"
            " provider asked to wait) for longer than give_up_after_s",
            code="MODEL_RATE_LIMITED",
            retry_after_s=wait,
            passing=True,
        )
