"""Where a conversation's events go: a Client, or a double of one."""

from __future__ import annotations

from typing import Protocol

from aftercall.sdk.intake import EventItem, MetricItem
from aftercall.sdk.modes import Mode


class Sink(Protocol):
    @property
    def mode(self) -> Mode:
        """Whether wrong types are raised or recorded."""

    @property
    def project(self) -> str:
        """Slug of the project for conversations that name none; empty: that of the API key."""

    def start(self) -> None:
        """A conversation is about to begin."""

    def put(self, item: MetricItem | EventItem, size: int = 0) -> None:
        """Take one event. On the path of every call: must neither wait nor raise."""

    def hurry(self) -> None:
        """A conversation has ended: what was put should go out soon."""

    def fault(self, what: str, error: BaseException) -> None:
        """An exception that was kept from the call."""
