"""The thread that takes events from memory to the spool, every TICK_S while there are any."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from aftercall.model.events import Custom, encoder
from aftercall.model.times import now_ms
from aftercall.sdk.intake import Drops, EventItem, Head, Intake, Marker, MetricItem, encode
from aftercall.sdk.notices import Notices
from aftercall.sdk.settings import Settings
from aftercall.sdk.spool import SEPARATOR, NewChunk
from aftercall.sdk.spools import Spools

TICK_S = 0.025
"""Half of the promised 50 ms: the other half is for encoding and writing."""
_QUIET_TICKS = 40
"""After a second with nothing to do the thread sleeps until it is woken."""
_SLICE = 64
"""Events encoded before other threads get a turn: about 0.1 ms. Without it a call would wait up to 5 ms."""


class _Pile:
    """The chunk of one project that is being filled."""

    def __init__(self) -> None:
        self.heads: list[Head] = []
        self.bodies: list[bytes] = []
        self.size = 0


class Spooler:
    """``tick`` empties the intake and returns when everything is on disk (or refused and counted)."""

    def __init__(
        self, intake: Intake, spools: Spools, drops: Drops, settings: Settings, notices: Notices
    ) -> None:
        self._intake = intake
        self._spools = spools
        self._drops = drops
        self._settings = settings
        self._notices = notices
        self.in_hand = 0
        """Events taken from memory and not yet committed."""
        self.hurried = False
        """What is spooled by the next tick shall be sent without gathering."""
        self.on_spooled: Callable[[bool], None] = lambda hurried: None
        self.lock = threading.Lock()
        """One tick at a time."""

    def run(self, wait: Callable[[float | None], bool]) -> None:
        """Until ``wait(seconds)`` says True: stop. ``wait(None)`` is until somebody calls intake.wake."""
        quiet = 0
        while True:
            stop = self._sleep(wait) if quiet >= _QUIET_TICKS else wait(TICK_S)
            quiet = 0 if self.tick() or self._drops.pending else quiet + 1
            if stop:
                return

    def _sleep(self, wait: Callable[[float | None], bool]) -> bool:
        self._intake.asleep = True
        # What was put before that line woke nobody; what comes after it will.
        stop = wait(0.0 if self._intake.items else None)
        self._intake.asleep = False
        return stop

    def tick(self) -> bool:
        """Whether there was anything to do."""
        with self.lock:
            try:
                hurried, self.hurried = self.hurried, False  # before the items: what hurries is among them
                told = self._tell_drops()
                if self._intake.items or hurried or told:
                    self.in_hand = len(self._intake.items)
                    self._empty()
                    self.on_spooled(hurried)
                    return True
            except Exception as error:  # noqa: BLE001 - the thread must live: without it nothing is sent any more
                self._notices.warn("spooler", f"the spooler failed: {error!r}", error=error)
            finally:
                self.in_hand = 0
        return False

    def _empty(self) -> None:
        items = self._intake.items
        piles: dict[str, _Pile] = {}
        for position in range(self.in_hand):  # those that come meanwhile are for the next tick
            item = items.popleft()
            if isinstance(item, Marker):
                self._write_all(piles)
                item.reached(self._spools.mark())
            else:
                self._pile(item, piles)
            if position % _SLICE == _SLICE - 1:
                time.sleep(0)
        if not items:
            self._intake.emptied()
        self._write_all(piles)

    def _pile(self, item: MetricItem | EventItem, piles: dict[str, _Pile]) -> None:
        head = item[0]
        try:
            body = encode(item)
        except Exception as error:  # noqa: BLE001 - one event that cannot be encoded must not take others along
            self._drops.add(head)
            self._notices.warn(
                "encode", f"an event of {head.conversation_id} cannot be encoded: {error!r}", error=error
            )
            return
        pile = piles.get(head.project)
        if pile is None:
            pile = piles[head.project] = _Pile()
        pile.heads.append(head)
        pile.bodies.append(body)
        pile.size += len(body)
        if len(pile.bodies) >= self._settings.max_chunk_events or pile.size >= self._settings.max_chunk_bytes:
            self._write(head.project, piles.pop(head.project))

    def _write_all(self, piles: dict[str, _Pile]) -> None:
        while piles:
            project, pile = piles.popitem()
            self._write(project, pile)

    def _write(self, project: str, pile: _Pile) -> None:
        kept = False
        try:
            kept = self._spools.put(NewChunk(project, len(pile.bodies), SEPARATOR.join(pile.bodies)))
        finally:
            if not kept:
                for head in pile.heads:
                    self._drops.add(head)
        if kept:
            return
        self._notices.warn(
            "full",
            f"the spool in {self._settings.folder} is full ({self._settings.max_spool_bytes} bytes):"
            f" {self._drops.total} events dropped so far",
        )

    def _tell_drops(self) -> bool:
        """Once there is room again, each conversation that lost events gets one that says how many."""
        if not self._drops.pending or not self._spools.has_room():
            return False
        for head, count in self._drops.take().items():
            event = Custom(
                conversation_id=head.conversation_id,
                id=self._drops.next_id(head),
                at=now_ms(),
                source="system",
                name="aftercall.sdk.dropped",
                data={"count": count},
            )
            if not self._spools.put(NewChunk(head.project, 1, encoder.encode(event))):
                self._drops.again(head, count)
        return True
