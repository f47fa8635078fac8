"""An event loop in a thread of its own: any thread may ask, connections are shared, nothing blocks the
rest."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from aftercall.llm.errors import ChatCompletionError

T = TypeVar("T")


class LoopThread:
    """Started at first use. A daemon: a program that ends without ``close`` is not held up."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Waits for it. Raises what it raises; ChatCompletionError (MODEL_CLOSED) when closed meanwhile."""
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("called in the door's own event loop, which would wait for itself")
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._started())
        except ChatCompletionError:
            coroutine.close()
            raise
        try:
            return future.result()
        except CancelledError:
            raise _closed() from None
        except BaseException:  # Ctrl-C in the waiting thread: what it waited for is given up too
            future.cancel()
            raise

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Ends what is under way, then awaits ``last()``. Calling it twice does nothing."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result()
        asyncio.run_coroutine_threadsafe(last(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise _closed()
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
                self._thread.start()
            return self._loop


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()


def _closed() -> ChatCompletionError:
    return ChatCompletionError("the door to the models was closed", code="MODEL_CLOSED", passing=True)
