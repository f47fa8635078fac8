"""Methods that must not break a call, even where the SDK itself is wrong."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from aftercall.sdk.sink import Sink

P = ParamSpec("P")
R = TypeVar("R")


class HasSink(Protocol):
    @property
    def client(self) -> Sink: ...


S = TypeVar("S", bound=HasSink)


def harmless(fallback: R) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """In production an exception is reported to the client (health().faults, log) and ``fallback`` returned;
    in development it is raised. KeyboardInterrupt and SystemExit always pass."""

    def decorate(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        @functools.wraps(method)
        def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return method(self, *args, **kwargs)
            except Exception as error:
                if self.client.mode == "development":
                    raise
                self.client.fault(method.__name__, error)
                return fallback

        return call

    return decorate
