"""A clock for calls that are played after the fact: what the SDK records is dated when it would have been."""

from __future__ import annotations

from typing import Any

import msgspec

from aftercall.sdk.intake import EventItem, MetricItem
from aftercall.sdk.modes import Mode
from aftercall.sdk.sink import Sink


class Past:
    """Stands between a Conversation and its client, and dates every event ``now`` (epoch milliseconds).

    An agent process never needs this: it speaks of a call while the call happens.
    """

    def __init__(self, client: Sink, now: int) -> None:
        self._client = client
        self.now = now

    @property
    def mode(self) -> Mode:
        return self._client.mode

    @property
    def project(self) -> str:
        return self._client.project

    def start(self) -> None:
        self._client.start()

    def put(self, item: MetricItem | EventItem, size: int = 0) -> None:
        if len(item) == 2:
            head, body = item
            event: dict[str, Any] = msgspec.json.decode(body)
            event["at"] = self.now
            self._client.put((head, msgspec.json.encode(event)), size)
        else:
            head, number, _, *rest = item
            self._client.put((head, number, self.now, *rest), size)

    def hurry(self) -> None:
        """History is sent as it gathers; nobody waits for the end of a call of last month."""

    def fault(self, what: str, error: BaseException) -> None:
        self._client.fault(what, error)
