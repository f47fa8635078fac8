"""Screenshots made small: as PNG with a palette of 256 colours, which a page of flat colours hardly needs.

What a page has more of are shades at the edges of its letters: each becomes the nearest colour that stays.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

_HEAD = b"\x89PNG\r\n\x1a\n"
_MOST = 256
Colour = tuple[int, int, int]


def smaller(png: bytes) -> bytes:
    """Of an 8-bit RGB or RGBA picture without interlacing; transparency is dropped."""
    parts = list(_chunks(png))
    width, height, _, kind = struct.unpack(">IIBB", parts[0][1][:10])
    raw = zlib.decompress(b"".join(data for name, data in parts if name == b"IDAT"))
    bpp = {2: 3, 6: 4}[kind]
    rows = [_colours(row, bpp) for row in _unfiltered(raw, width * bpp, bpp)]
    counted = Counter(colour for row in rows for colour in row)
    palette = _palette(counted)
    places = {colour: _nearest(colour, palette)[0] for colour in counted}
    packed = b"".join(b"\0" + bytes(places[colour] for colour in row) for row in rows)
    return b"".join(
        (
            _HEAD,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes(value for colour in palette for value in colour)),
            _chunk(b"IDAT", zlib.compress(packed, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_HEAD)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _unfiltered(raw: bytes, length: int, bpp: int) -> Iterator[bytes]:
    """The rows, with each byte as it is: in the file it is the difference from a guess."""
    above = bytearray(length)
    for start in range(0, len(raw), length + 1):
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + length])
        for at in range(length) if kind else ():
            left = row[at - bpp] if at >= bpp else 0
            corner = above[at - bpp] if at >= bpp else 0
            row[at] = (row[at] + _guess(kind, left, above[at], corner)) & 255
        yield bytes(row)
        above = row


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 4:
        return (0, left, up, (left + up) >> 1)[kind]
    target = left + up - corner
    return min((left, up, corner), key=lambda one: abs(target - one))


def _colours(row: bytes, bpp: int) -> list[Colour]:
    return list(zip(row[0::bpp], row[1::bpp], row[2::bpp], strict=True))


def _palette(counted: Counter[Colour]) -> list[Colour]:
    """The commonest first, none nearer to another than it must be for 256 to be enough."""
    apart = 0.0
    while True:
        chosen: list[Colour] = []
        for colour, _ in counted.most_common():
            if not chosen or _nearest(colour, chosen)[1] > apart:
                chosen.append(colour)
            if len(chosen) > _MOST:
                break
        else:
            return chosen
        apart = apart * 1.5 + 4


def _nearest(colour: Colour, palette: list[Colour]) -> tuple[int, int]:
    """(place, squared distance)."""
    red, green, blue = colour
    distances = [(red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2 for r, g, b in palette]
    least = min(distances)
    return distances.index(least), least
