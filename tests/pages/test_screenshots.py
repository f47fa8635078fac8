"""The pictures of the docs: small, in pairs of light and dark, and each shown somewhere."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

from scripts.png import smaller
from scripts.screenshots import SHOTS, TO

ROOT = Path(__file__).resolve().parent.parent.parent
MOST_BYTES = 3_000_000


def test_each_page_has_its_two_pictures_and_all_of_them_are_small() -> None:
    files = {one.name: one.stat().st_size for one in TO.glob("*.png")}
    assert set(files) == {f"{shot.name}-{theme}.png" for shot in SHOTS for theme in ("light", "dark")}
    assert sum(files.values()) < MOST_BYTES


def test_what_the_docs_show_is_there_in_both_themes() -> None:
    shown = set()
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        found = set(re.findall(r'"(?:docs/)?screenshots/([a-z-]+)-(light|dark)\.png"', page.read_text()))
        names = {name for name, _ in found}
        assert found == {(name, theme) for name in names for theme in ("light", "dark")}, page.name
        shown |= names
    assert {"conversations", "conversation", "metrics", "settings-project"} <= shown
    assert shown <= {shot.name for shot in SHOTS}


def test_a_picture_of_few_colours_loses_nothing() -> None:
    rows = [[(10 * x % 256, 20 * y % 256, 7) for x in range(12)] for y in range(9)]
    flat = b"".join(b"\1" + _differences(row) for row in rows)
    head = struct.pack(">IIBBBBB", 12, 9, 8, 2, 0, 0, 0)
    png = (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(flat))
        + _chunk(b"IEND", b"")
    )
    made = _chunks(smaller(png))
    assert struct.unpack(">IIBB", made[b"IHDR"][:10]) == (12, 9, 8, 3)
    palette = [tuple(made[b"PLTE"][at : at + 3]) for at in range(0, len(made[b"PLTE"]), 3)]
    pixels = zlib.decompress(made[b"IDAT"])
    assert [
        [palette[place] for place in pixels[at + 1 : at + 13]] for at in range(0, len(pixels), 13)
    ] == rows


def _differences(row: list[tuple[int, int, int]]) -> bytes:
    """As the PNG filter "sub" writes them."""
    values = [value for colour in row for value in colour]
    return bytes((value - (values[at - 3] if at >= 3 else 0)) & 255 for at, value in enumerate(values))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _chunks(png: bytes) -> dict[bytes, bytes]:
    found, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found[png[at + 4 : at + 8]] = png[at + 8 : at + 8 + length]
        at += 12 + length
    return found
