"""Questions from many threads, asked together: a question to the engine costs milliseconds whether it is
about one conversation or about fifty."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from aftercall.errors import Unavailable

Q = TypeVar("Q")
A = TypeVar("A")

GATHER_S = 0.02
"""How long the first waits for company. Jobs have two seconds, and come in bursts."""
AT_ONCE = 100


class Gather(Generic[Q, A]):
    """``answer`` is called with several questions, in a thread of ours, and gives as many answers; an
    exception among them is raised for its own asker. ``start`` first, ``close`` last."""

    def __init__(self, name: str, answer: Callable[[list[Q]], list[A | Exception]]) -> None:
        self._answer = answer
        self._asked: queue.SimpleQueue[tuple[Q, Future[A]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._guard = threading.Lock()
        self._closed = False

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Answer what was asked, then stop."""
        with self._guard:
            self._closed = True
            self._asked.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def ask(self, question: Q) -> A:
        """From any thread. Raises what answering it raised, and Unavailable once closed."""
        future: Future[A] = Future()
        with self._guard:
            if self._closed:
                raise Unavailable("The server is stopping.")
            self._asked.put((question, future))
        return future.result()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            asked, stopping = self._next()
            if asked:
                self._settle(asked)

    def _next(self) -> tuple[list[tuple[Q, Future[A]]], bool]:
        asked: list[tuple[Q, Future[A]]] = []
        deadline: float | None = None
        while len(asked) < AT_ONCE:
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                one = self._asked.get(timeout=wait)
            except queue.Empty:
                break
            if one is None:
                return asked, True
            asked.append(one)
            deadline = deadline or time.monotonic() + GATHER_S
        return asked, False

    def _settle(self, asked: list[tuple[Q, Future[A]]]) -> None:
        try:
            answers = self._answer([question for question, _ in asked])
        except Exception as error:  # noqa: BLE001 - whatever it was, those who wait must hear of it
            for _, future in asked:
                future.set_exception(error)
            return
        for (_, future), answer in zip(asked, answers, strict=True):
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
