"""A number as text: the one place that decides how it looks in a tile, a tooltip, a table or an image."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aftercall.charts.tile import Tile
from aftercall.metrics.answer import Column

UNKNOWN = "–"
REST = "All others"
"""Groups beyond the limit; "Other" is often an option of a metric."""
NOT_KNOWN = "Not known"
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHORTEST_CLOCK_S = 60
_DECIMALS = {"percent": 1, "currency": 2, "number": 2, "count": 0}


@dataclass(frozen=True)
class Format:
    """``kind`` is one of answer.Format. ``decimals`` None: as many as the kind has, zeros cut off."""

    kind: str
    decimals: int | None = None
    unit: str = ""
    suffix: str = ""

    def text(self, value: Any) -> str:
        """What a person reads; UNKNOWN of None."""
        if value is None:
            return UNKNOWN
        if isinstance(value, bool) or not isinstance(value, int | float):
            return plain(value)
        return f"{self._number(value)}{self._after()}"

    def change(self, value: float, before: float) -> str:
        """From one to the other: percent points of a share, else in percent of what it was. It begins with
        "±" where nothing changed that could be seen."""
        if self.kind == "percent":
            size, unit = fixed(abs(value - before) * 100, 1), " pp"
        elif before == 0:
            size, unit = self._number(abs(value)), ""
        else:
            size, unit = fixed(abs(value - before) / abs(before) * 100, 1), "%"
        sign = "±" if value == before or size == "0.0" else "+" if value > before else "−"
        return f"{sign}{size}{unit}"

    def _number(self, value: float) -> str:
        minus = "−" if value < 0 else ""
        size, decimals = abs(value), self.decimals
        if self.kind == "duration":
            return minus + duration(size, decimals)
        if self.kind == "percent":
            return f"{minus}{fixed(size * 100, 1 if decimals is None else decimals, decimals is None)}%"
        most = _DECIMALS.get(self.kind, 2)
        if self.kind == "currency":
            symbol = _SYMBOLS.get(self.unit, f"{self.unit} " if self.unit else "")
            whole = decimals is None and (size >= 10_000 or size == int(size))
            return f"{minus}{symbol}{fixed(size, 0 if whole else most if decimals is None else decimals)}"
        return minus + fixed(size, most if decimals is None else decimals, decimals is None)

    def _after(self) -> str:
        if self.suffix:
            return f" {self.suffix}" if self.suffix[0].isalnum() else self.suffix
        return ""


def format_of(column: Column, tile: Tile) -> Format:
    """The tile's own words go before the metric's."""
    kind = column.format if tile.format is None else tile.format
    unit = column.unit
    suffix = tile.suffix
    if not suffix and kind == "number" and unit not in ("", "%") and column.role == "measure":
        suffix = unit
    return Format(kind, tile.decimals, unit, suffix)


def fixed(value: float, decimals: int, trim: bool = False) -> str:
    """With commas between thousands; ``trim``: without zeros at the end."""
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if trim and "." in text else text


def duration(seconds: float, decimals: int | None = None) -> str:
    """``8.2 s``, ``1:34``, ``2:03:09``: rounded before it is divided, so that no 1:60 comes out."""
    if seconds < _SHORTEST_CLOCK_S and round(seconds) < _SHORTEST_CLOCK_S:
        return f"{fixed(seconds, 1 if decimals is None else decimals, decimals is None)} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours:,}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def plain(value: Any) -> str:
    """A value that is no number."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(plain(one) for one in value)
    return str(value)


def key_text(column: Column, value: Any, *, other: bool = False) -> str:
    """The value of a ``by`` as people say it."""
    if other:
        return REST
    if value is None:
        return NOT_KNOWN
    if column.name == "day_of_week" and value in range(1, 8):
        return _DAYS[int(value) - 1]
    if column.name == "hour_of_day" and value in range(24):
        return f"{int(value):02}:00"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Format(column.format, None, column.unit).text(value)
    return plain(value)


def bucket_text(start: str, interval: str) -> str:
    """``start``: ISO 8601 with offset, so the wall's own time is what it says."""
    at = datetime.fromisoformat(start)
    if interval == "quarter":
        return f"Q{(at.month + 2) // 3} {at.year}"
    words = f"{at.day} {at:%b}"
    if interval in ("15m", "hour"):
        return f"{words} {at:%H:%M}"
    if interval == "day":
        return f"{at:%a} {words}"
    if interval == "week":
        return f"week of {words}"
    return at.strftime("%b %Y" if interval == "month" else "%Y")
