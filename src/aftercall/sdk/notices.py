"""Log lines that a fault repeating a thousand times a second does not multiply."""

from __future__ import annotations

import logging
import threading
import time

log = logging.getLogger("aftercall.sdk")
EVERY_S = 60.0


class Notices:
    """At most one line a minute of each kind; the next one says how many were held back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, tuple[float, int]] = {}

    def warn(self, kind: str, message: str, *, error: BaseException | None = None) -> None:
        now = time.monotonic()
        with self._lock:
            last, held = self._last.get(kind, (now - EVERY_S, 0))
            if now - last < EVERY_S:
                self._last[kind] = (last, held + 1)
                return
            self._last[kind] = (now, 0)
        more = f" ({held} more since the last such line)" if held else ""
        _say(logging.WARNING, message + more, error)

    def lost(self, events: int) -> None:
        _say(logging.ERROR, f"{events} events are lost: they could neither be sent nor written to disk")

    def once(self, kind: str, message: str) -> None:
        with self._lock:
            if kind in self._last:
                return
            self._last[kind] = (float("inf"), 0)
        _say(logging.WARNING, message)


def _say(level: int, message: str, error: BaseException | None = None) -> None:
    try:
        log.log(level, "%s", message, exc_info=error)
    except Exception:  # noqa: BLE001 - a handler of the agent's that raises must end neither the call nor the thread
        return
