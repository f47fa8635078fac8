"""Numbered lines of a file or a pipe; gzip is recognised by its first two bytes, not by its name."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

MAX_LINE = 64 * 2**20
"""Bytes of one line. A file without line breaks must not fill the memory before it is found wrong."""
_KEPT = 1_000  # characters of an endless line that are worth keeping
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    """From 1, blank lines counted: what an editor shows."""
    data: bytes
    read: int
    """Bytes of the source read so far; of a gzip file the packed ones, so that it compares with its size."""
    fault: str | None = None
    """Why the line cannot be read at all; ``data`` is then what there is of it."""


class _Counted(io.RawIOBase):
    """Passes reads on and counts them."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.read_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        data = self._source.read(len(view))
        view[: len(data)] = data
        self.read_bytes += len(data)
        return len(data)


def lines(source: BinaryIO) -> Iterator[Line]:
    """Every line but blank ones. Damaged gzip data ends it with a Line that has a ``fault``."""
    counted = _Counted(source)
    packed = io.BufferedReader(counted, 256 * 1024)
    stream: BinaryIO = packed
    if packed.peek(2)[:2] == _GZIP:
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=packed))
    number = 0
    try:
        while data := stream.readline(MAX_LINE + 1):
            number += 1
            if len(data) > MAX_LINE:
                _skip_rest(stream, data)
                yield Line(number, data[:_KEPT], counted.read_bytes, f"longer than {MAX_LINE >> 20} MiB")
                continue
            if number == 1:
                data = data.removeprefix(_BOM)
            if data.strip():
                yield Line(number, data, counted.read_bytes)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield Line(number + 1, b"", counted.read_bytes, f"the gzip data is damaged from here on ({error})")


def _skip_rest(stream: BinaryIO, data: bytes) -> None:
    while data and not data.endswith(b"\n"):
        data = stream.readline(MAX_LINE)
