"""What a worker is told to do."""

from __future__ import annotations

import msgspec


class Order(msgspec.Struct):
    """``calls`` of ``days`` before ``until`` (epoch ms), every ``parts``-th of them from ``first`` on; with
    ``calls`` 0 live ones, as they are requested."""

    project: str
    seed: str
    calls: int = 0
    days: int = 60
    until: int = 0
    first: int = 0
    parts: int = 1
    version: str | None = None
    analysed: bool = False
    """With the results of end_function, too."""


class Request(msgspec.Struct):
    """A live call, please, that begins ``at`` (epoch ms)."""

    number: int
    at: int
