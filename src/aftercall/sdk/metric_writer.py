"""``conv.write_metric`` and ``conv.metric_events``."""

from __future__ import annotations

from time import time_ns
from typing import Any

from aftercall.sdk.facts import Problems
from aftercall.sdk.harmless import harmless
from aftercall.sdk.intake import MetricItem
from aftercall.sdk.log import is_true
from aftercall.sdk.metrics import ALLOWED, NO_VALUE, MetricEvent, is_ordinary, judge
from aftercall.sdk.plain import text_of
from aftercall.sdk.recorder import Recorder
from aftercall.sdk.sink import Sink


class MetricWriter(Recorder):
    def __init__(self, conversation_id: str, project: str, client: Sink, *, numbered: bool) -> None:
        super().__init__(conversation_id, project, client, numbered=numbered)
        self._written: list[MetricItem] = []

    def write_metric(self, name: str, value: Any = NO_VALUE, *, write_once: bool = False) -> None:
        """Record a metric at the moment it happens. Appends to memory and returns: microseconds.

        No value: it happened. None: nothing is known. True, False, a number, a text: that, with its type.
        ``write_once`` keeps the first value ever written under the name. Anything else raises WrongType in
        development; in production it is recorded as invalid, with its text and the reason.
        """
        if is_ordinary(name, value, write_once) and not self._silent:
            head = self._head
            item = (head, next(self._numbers), time_ns() // 1_000_000, name, value, write_once, None)
            self._written.append(item)
            self._client.put(item)
        else:
            self._write_unusual(name, value, write_once)

    @harmless(None)
    def _write_unusual(self, name: object, value: object, write_once: object) -> None:
        told_name, told_value, invalid = judge(name, value)
        problems = Problems([])
        if invalid is not None and self._client.mode == "development":
            problems.add(
                f"{invalid}. Got {text_of(value)[:80]!r}. Allowed: {ALLOWED}; and a name that is a text"
            )
        if write_once is not True and write_once is not False:
            problems.add(f"write_once is {text_of(write_once)[:80]!r}, not True or False")
        self._complain(f"write_metric({told_name[:80]!r})", problems)
        self._speak()
        at = time_ns() // 1_000_000
        item = (self._head, next(self._numbers), at, told_name, told_value, is_true(write_once), invalid)
        self._written.append(item)
        self._client.put(item, len(told_value) if isinstance(told_value, str) else 0)

    @property
    def metric_events(self) -> list[MetricEvent]:
        """Every write so far, in order."""
        return [_event(item) for item in self._written]


def _event(item: MetricItem) -> MetricEvent:
    head, number, at, name, value, write_once, _ = item
    has_value = value is not NO_VALUE
    return MetricEvent(name, value if has_value else None, has_value, write_once, head.event_id(number), at)
