"""Timing the functions an agent calls."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Any, Protocol, TypeVar

from aftercall.model.times import now_ms

F = TypeVar("F", bound=Callable[..., Any])


class RecordsCalls(Protocol):
    def record_function_call(
        self,
        name: str,
        arguments: Any = None,
        result: Any = None,
        error: Any = None,
        duration_ms: float | None = None,
        *,
        at: Any = None,
    ) -> str: ...


class TimedCall:
    """``with conv.function_call("find_slots", {"day": "mon"}) as call: call.result = ...``

    Recorded when the block is left, with its duration; an exception becomes the call's error and goes on.
    """

    def __init__(self, conversation: RecordsCalls, name: str, arguments: Any = None) -> None:
        self._conversation = conversation
        self._began = 0.0
        self._at = 0
        self.name = name
        self.arguments = arguments
        self.result: Any = None
        self.error: Any = None

    def __enter__(self) -> TimedCall:
        self._at = now_ms()
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        duration_ms = (time.perf_counter() - self._began) * 1000
        told = error if error is not None else self.error
        self._conversation.record_function_call(
            self.name, self.arguments, self.result, told, round(duration_ms, 3), at=self._at
        )

    async def __aenter__(self) -> TimedCall:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)


def timed(conversation: RecordsCalls, function: F) -> F:
    """The function, plain or async, recording every call of it."""
    name = getattr(function, "__name__", type(function).__name__)

    def call_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> TimedCall:
        return TimedCall(conversation, name, _arguments(conversation, function, args, kwargs))

    @functools.wraps(function)
    def plain(*args: Any, **kwargs: Any) -> Any:
        with call_of(args, kwargs) as call:
            call.result = function(*args, **kwargs)
        return call.result

    @functools.wraps(function)
    async def asynchronous(*args: Any, **kwargs: Any) -> Any:
        with call_of(args, kwargs) as call:
            call.result = await function(*args, **kwargs)
        return call.result

    return asynchronous if iscoroutinefunction(function) else plain  # type: ignore[return-value]


def _arguments(
    conversation: object, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """By name; the conversation itself, which such functions take first, is left out."""
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    told = {names[i] if i < len(names) else f"arg{i}": value for i, value in enumerate(args)}
    told.update(kwargs)
    return {name: value for name, value in told.items() if value is not conversation}
