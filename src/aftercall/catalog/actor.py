"""Who is changing something just now, for what keeps a history of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_actor: ContextVar[str] = ContextVar("aftercall_actor", default="")


def actor() -> str:
    """Empty: not known, as in a program that opens the catalog by itself."""
    return _actor.get()


@contextmanager
def acting(name: str) -> Iterator[None]:
    """Changes inside the block are ``name``'s."""
    token = _actor.set(name)
    try:
        yield
    finally:
        _actor.reset(token)
