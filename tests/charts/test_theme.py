"""Colours: those of the pages, kept apart from data, and told apart by people who see fewer of them."""

from __future__ import annotations

import re
from importlib import resources
from itertools import pairwise

import pytest

from aftercall.charts.theme import TOKENS, Theme, colours, themed

CSS = (resources.files("aftercall.web") / "static" / "css" / "tokens.css").read_text()


def test_they_are_the_colours_of_the_pages() -> None:
    for name, light in TOKENS["light"].items():
        found = re.search(rf"^  {name}: light-dark\((#\w+), (#\w+)\);", CSS, re.MULTILINE)
        assert found, name
        assert (found[1], found[2]) == (light, TOKENS["dark"][name])


def test_a_text_that_looks_like_a_colour_stays_a_text() -> None:
    spec = {
        "data": {"values": [{"x": "--chart-1", "color": "--chart-1"}]},
        "title": "--chart-1",
        "encoding": {
            "color": {"scale": {"domain": ["--chart-1"], "range": ["--chart-1"]}},
            "text": {"value": "--chart-1"},
        },
        "mark": {"type": "bar", "color": "--chart-2"},
    }
    made = themed(spec, "light")
    assert made["data"] == spec["data"]
    assert made["title"] == made["encoding"]["text"]["value"] == "--chart-1"
    assert made["encoding"]["color"]["scale"] == {"domain": ["--chart-1"], "range": ["#3b5bdb"]}
    assert made["mark"]["color"] == "#0c8599"


def test_the_palette_begins_where_a_tile_says_and_comes_again() -> None:
    assert colours(3, 7) == ["--chart-7", "--chart-8", "--chart-1"]
    assert colours(1, None) == ["--chart-1"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lost", ["none", "protan", "deutan"])
def test_neighbours_can_be_told_apart(theme: Theme, lost: str) -> None:
    """By how they differ for who sees all colours, no red or no green (Machado 2009, wholly lost)."""
    seen = [_lab(TOKENS[theme][f"--chart-{number}"], lost) for number in range(1, 5)]
    for one, other in pairwise(seen):
        distance = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
        assert distance > 12


_LOST = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


def _lab(colour: str, lost: str) -> tuple[float, float, float]:
    rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    if lost != "none":
        linear = [sum(m * c for m, c in zip(row, linear, strict=True)) for row in _LOST[lost]]
    r, g, b = (min(1.0, max(0.0, c)) for c in linear)
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883
    fx, fy, fz = (c ** (1 / 3) if c > 0.008856 else 7.787 * c + 16 / 116 for c in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
