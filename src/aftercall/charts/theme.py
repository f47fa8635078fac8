"""Colours of charts. In a spec they stand as names of the page's tokens ("--chart-1"), so that the page fills
in its own (static/charts/theme.js does the same as ``themed``) and one spec serves light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Theme = Literal["light", "dark"]
Spec = dict[str, Any]

TOKENS: Mapping[Theme, Mapping[str, str]] = {
    "light": {
        "--chart-1": "#3b5bdb",
        "--chart-2": "#0c8599",
        "--chart-3": "#c2760a",
        "--chart-4": "#ad3e86",
        "--chart-5": "#2f8f4e",
        "--chart-6": "#7048c6",
        "--chart-7": "#c84b31",
        "--chart-8": "#6b7482",
        "--chart-line": "#e6e9ee",
        "--chart-text": "#596273",
        "--ground": "#ffffff",
        "--text": "#191d25",
        "--good": "#18794e",
        "--bad": "#c22b2b",
    },
    "dark": {
        "--chart-1": "#7c96ff",
        "--chart-2": "#3bb8cc",
        "--chart-3": "#eba53c",
        "--chart-4": "#e07ebc",
        "--chart-5": "#5fc27e",
        "--chart-6": "#a98be8",
        "--chart-7": "#f08a72",
        "--chart-8": "#949eac",
        "--chart-line": "#272c34",
        "--chart-text": "#a0a9b7",
        "--ground": "#121519",
        "--text": "#e7eaf0",
        "--good": "#4cc38a",
        "--bad": "#ff8f8a",
    },
}
"""As in static/css/tokens.css: a test compares them."""

# Where a colour may stand. Elsewhere a text that looks like a token is somebody's data.
COLOURED = frozenset(
    ("color", "fill", "stroke", "range", "labelColor", "titleColor", "domainColor", "tickColor", "gridColor")
)
FONT = '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif'

CONFIG: Spec = {
    "background": None,
    "font": FONT,
    "aria": False,
    "padding": 4,
    "view": {"stroke": None},
    "axis": {
        "labelAngle": 0,
        "labelColor": "--chart-text",
        "labelFontSize": 11,
        "labelLimit": 160,
        "labelOverlap": True,
        "labelPadding": 6,
        "titleColor": "--chart-text",
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titleLimit": 240,
        "titlePadding": 8,
        "gridColor": "--chart-line",
        "domain": False,
        "ticks": False,
    },
    "legend": {
        "labelColor": "--chart-text",
        "labelFontSize": 11,
        "labelLimit": 190,
        "orient": "top",
        "direction": "horizontal",
        "columns": 3,
        "columnPadding": 14,
        "symbolSize": 70,
        "symbolType": "circle",
        "symbolStrokeWidth": 0,
        "title": None,
        "offset": 6,
    },
    "bar": {"cornerRadiusEnd": 2},
    "line": {"strokeWidth": 2, "interpolate": "monotone"},
    "text": {"color": "--chart-text", "fontSize": 11},
}


def colour(number: int) -> str:
    """The token of the palette's ``number``-th colour; beyond eight they come again."""
    return f"--chart-{(number - 1) % 8 + 1}"


def colours(count: int, first: int | None) -> list[str]:
    """So many, beginning with ``first``."""
    return [colour((first or 1) + i) for i in range(count)]


def themed(spec: Spec, theme: Theme) -> Spec:
    """The spec with that theme's colours in place of their names."""
    found: Spec = _filled(spec, TOKENS[theme], False)
    return found


def _filled(value: Any, tokens: Mapping[str, str], coloured: bool) -> Any:
    if isinstance(value, dict):
        return {
            key: one if key in ("data", "domain") else _filled(one, tokens, key in COLOURED or coloured)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [_filled(one, tokens, coloured) for one in value]
    return tokens.get(value, value) if coloured and isinstance(value, str) else value
