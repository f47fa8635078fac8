"""Where calls leave their events: a bounded deque that one background thread empties.

An ordinary metric is left as the tuple it was called with and encoded later; everything else comes as the
JSON it will be, because its values may change as soon as the caller has them back.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from aftercall.model.events import Metric, encoder
from aftercall.sdk.metrics import NO_VALUE

_UNSET = msgspec.UNSET


class Head(msgspec.Struct, frozen=True, gc=False):
    """What the events of one Conversation object share.

    Without ``gc=False`` every metric item would have to be looked at by each full collection of the agent's
    garbage, because it holds an object that might be part of a cycle.
    """

    conversation_id: str
    project: str
    """The slug its events are sent for; empty: whatever the API key stands for."""
    prefix: str
    """Of event ids: no two Conversation objects have the same, in no two processes."""
    numbered: bool
    """False where another process numbers this conversation's events: then seq is 0, unknown."""

    def event_id(self, number: int) -> str:
        return f"{self.prefix}{number}"

    def seq(self, number: int) -> int:
        return number if self.numbered else 0


MetricItem = tuple[Head, int, int, str, Any, bool, str | None]
"""(head, number, at in epoch ms, name, value, write_once, why it is invalid)"""
EventItem = tuple[Head, bytes]
"""(head, the event as JSON)"""


class Marker:
    """Left by flush: the spooler calls ``reached`` when everything before it is spooled, with a function
    that tells whether any of that is still unsent."""

    def __init__(self) -> None:
        self.spooled = threading.Event()
        self.is_waiting: Callable[[], bool] = lambda: True

    def reached(self, is_waiting: Callable[[], bool]) -> None:
        self.is_waiting = is_waiting
        self.spooled.set()


Item = MetricItem | EventItem | Marker


def encode(item: MetricItem | EventItem) -> bytes:
    if len(item) == 2:
        return item[1]
    return encode_metric(item)


def encode_metric(item: MetricItem) -> bytes:
    head, number, at, name, value, write_once, invalid = item
    return encoder.encode(
        Metric(
            conversation_id=head.conversation_id,
            id=head.event_id(number),
            at=at,
            seq=head.seq(number),
            name=name,
            value=_UNSET if value is NO_VALUE else value,
            write_once=write_once,
            invalid=invalid,
        )
    )


class Drops:
    """How many events of which conversations found no room."""

    MAX_CONVERSATIONS = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heads: dict[Head, int] = {}
        self.total = 0
        self._told = 0

    def add(self, head: Head, count: int = 1) -> None:
        with self._lock:
            self.total += count
            if head in self._heads or len(self._heads) < self.MAX_CONVERSATIONS:
                self._heads[head] = self._heads.get(head, 0) + count

    @property
    def pending(self) -> bool:
        """There are drops the server has not been told of."""
        return bool(self._heads)

    def again(self, head: Head, count: int) -> None:
        """They could not be told yet."""
        with self._lock:
            self._heads[head] = self._heads.get(head, 0) + count

    def take(self) -> dict[Head, int]:
        with self._lock:
            heads, self._heads = self._heads, {}
            return heads

    def next_id(self, head: Head) -> str:
        self._told += 1
        return f"{head.prefix}dropped-{self._told}"


class Intake:
    """``put`` is on the path of every call: it appends and returns. Bounded by count and, for long events,
    by bytes; what finds no room is counted in ``drops``."""

    def __init__(self, max_events: int, max_bytes: int, wake: Callable[[], None], drops: Drops) -> None:
        self.items: deque[Item] = deque()
        self.asleep = True
        """No thread is looking: whoever puts must wake it."""
        self._bytes = 0
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._wake = wake
        self._drops = drops

    def put(self, item: MetricItem | EventItem, size: int = 0) -> None:
        items = self.items
        if len(items) >= self._max_events or self._bytes + size > self._max_bytes:
            self._drops.add(item[0])
        else:
            if size:
                self._bytes += size  # not exact between threads; emptied() sets it right
            items.append(item)
        if self.asleep:
            self._wake()

    def mark(self, marker: Marker) -> None:
        self.items.append(marker)

    def emptied(self) -> None:
        self._bytes = 0
