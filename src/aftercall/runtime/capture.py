"""What a call prints: the beginning and the end of it, however much it is."""

from __future__ import annotations

KEPT = 16 * 1024
"""Bytes kept at either end of each stream."""


class Capture:
    def __init__(self) -> None:
        self.total = 0
        """Bytes printed."""
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> None:
        self.total += len(data)
        room = KEPT - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        if len(self._tail) > 8 * KEPT:
            del self._tail[:-KEPT]

    def text(self) -> str:
        tail = self._tail[-KEPT:]
        left_out = self.total - len(self._head) - len(tail)
        gap = f"\n... {left_out} bytes left out ...\n" if left_out else ""
        return _text(self._head) + gap + _text(tail)


def _text(data: bytes | bytearray) -> str:
    return bytes(data).decode("utf-8", "replace").replace("\x00", "\ufffd")
