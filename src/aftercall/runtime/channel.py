"""Lines to and from a child over pipes that never block for longer than they may."""

from __future__ import annotations

import os
import select
import threading
import time
from typing import Any

import msgspec

_PIECE = 65_536
_PIECES_AT_ONCE = 16
"""Pieces read before looking at the clock again: a child that never stops talking must not hold its
reader."""


class Lines:
    """From a pipe, in pieces, whole lines come out."""

    def __init__(self, fd: int, longest: int) -> None:
        self._fd = fd
        self._longest = longest
        self._rest = bytearray()
        self.ended = False
        self.too_long = False

    def read(self) -> list[bytes]:
        """What has arrived; never waits."""
        found: list[bytes] = []
        for _ in range(_PIECES_AT_ONCE):
            piece = read_piece(self._fd)
            if piece is None:
                break
            if not piece:
                self.ended = True
                break
            self._rest += piece
            *whole, rest = self._rest.split(b"\n") if b"\n" in piece else [self._rest]
            self._rest = bytearray(rest)
            found += map(bytes, whole)
            if len(self._rest) > self._longest:
                self.too_long = True
                break
        return found


def read_piece(fd: int) -> bytes | None:
    """None: nothing there now. Empty: the other end is closed."""
    try:
        return os.read(fd, _PIECE)
    except BlockingIOError:
        return None


class Sender:
    """One line at a time, from whichever thread; a child that does not read only makes its own answers
    late."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()

    def send(self, message: dict[str, Any], deadline: float) -> bool:
        """False: the child is gone, or did not read by the deadline (time.monotonic)."""
        rest = memoryview(msgspec.json.encode(message) + b"\n")
        with self._lock:
            while rest:
                if self._fd < 0 or time.monotonic() > deadline:
                    return False
                try:
                    rest = rest[os.write(self._fd, rest) :]
                except BlockingIOError:
                    select.select([], [self._fd], [], 0.05)
                except BrokenPipeError:
                    return False
        return True

    def close(self) -> None:
        """Before the descriptor is: its number may be somebody else's a moment later."""
        with self._lock:
            self._fd = -1
