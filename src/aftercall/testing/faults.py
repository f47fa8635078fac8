"""What an IngestServer does wrong, on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Match = Callable[[list[dict[str, Any]]], bool]


@dataclass
class Fault:
    """Applies to requests ``matches`` says yes to, ``times`` of them (None: until ``clear()``)."""

    status: int | None = None
    """Answer with this status and accept nothing; None: answer as usual."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """In place of the error shape of a real server."""
    delay_s: float = 0.0
    """Before answering."""
    close: bool = False
    """Cut the connection in the middle of the answer. What was sent is accepted: the client cannot know."""
    times: int | None = 1
    matches: Match = lambda events: True


class Faults:
    """The first that matches applies."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting = []

    def next(self, events: list[dict[str, Any]]) -> Fault | None:
        for fault in self._waiting:
            if fault.matches(events):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                return fault
        return None
