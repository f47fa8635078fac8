"""Numbers as people read them: 32.5%, 1m 06s, 1,234, USD 120.00."""

from __future__ import annotations

from typing import Any


def shown(value: Any, format_: str, unit: str = "") -> str:
    if isinstance(value, str):
        return value
    if format_ == "percent":
        return f"{value * 100:.1f}%"
    if format_ == "duration" or unit == "s":
        return duration(float(value))
    text = f"{int(value):,}" if float(value).is_integer() else f"{value:,.2f}"
    if format_ == "currency" and unit:
        return f"{value:,.2f} {unit}"
    return f"{text} {unit}" if unit and format_ == "number" else text


def duration(seconds: float) -> str:
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    if seconds < 60:
        return f"{sign}{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{sign}{minutes}m {rest:02d}s"
    return f"{sign}{minutes // 60}h {minutes % 60:02d}m"
