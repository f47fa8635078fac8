"""Values as a metric's type has them, and the four kinds of nothing that stay apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

TRUE, FALSE = ("true", "yes", "y", "1"), ("false", "no", "n", "0")
MISSING = object()
"""Nothing stands there, not even a null."""


@dataclass(frozen=True)
class Cell:
    """What a field of one conversation holds. ``state``: known, null, invalid or not_written."""

    state: str
    value: Any = None
    type: str = ""
    """The metric's; "natural" where each value has its own."""

    @property
    def known(self) -> bool:
        return self.state == "known"

    @property
    def number(self) -> float:
        """Of a number or a boolean."""
        return float(self.value)


NOT_WRITTEN, NULL, INVALID = Cell("not_written"), Cell("null"), Cell("invalid")


@dataclass(frozen=True)
class Metric:
    """A registered metric, as far as its numbers need it. ``base``: what a rate is a share of."""

    name: str
    type: str
    options: tuple[str, ...] = ()
    empty_values: tuple[str, ...] = ("", "no", "none", "n/a", "not mentioned")
    base: str = "all"


def written(event: dict[str, Any], metric: Metric | None) -> Cell:
    """What a metric event says, as its metric's type; unregistered: as it came."""
    value = event.get("value", True)
    if event.get("invalid") is not None:
        return INVALID
    if value is None:
        return NULL
    if not isinstance(value, bool | int | float | str):
        return INVALID
    if metric is None:
        return Cell("known", value, "natural")
    fitted = as_type(value, metric)
    return INVALID if fitted is None else Cell("known", fitted, metric.type)


def as_type(value: Any, metric: Metric) -> Any:
    """None where it does not fit."""
    if metric.type == "text":
        return plain(value)
    if metric.type == "categorical":
        wanted = plain(value).strip()
        exact = [option for option in metric.options if option == wanted]
        alike = [option for option in metric.options if option.casefold() == wanted.casefold()]
        return (exact + alike + [None])[0]
    if metric.type == "boolean":
        word = plain(value).strip().lower()
        return word in TRUE if word in TRUE + FALSE else None
    number = None if isinstance(value, bool) else as_number(value)
    if number is None or metric.type == "number":
        return number
    return int(number) if number.is_integer() and abs(number) < 2**63 else None


def as_number(value: Any) -> float | None:
    """Of what a person would call a plain number."""
    if isinstance(value, str):
        text = value.strip()
        if not text or set(text) - set("0123456789.eE+-"):
            return None
        try:
            value = float(text)
        except ValueError:
            return None
    return float(value) if math.isfinite(value) else None


def plain(value: Any) -> str:
    """As the API writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def flagged(cell: Cell, empty_values: tuple[str, ...]) -> bool:
    """True; another number than 0; a text that does not say that nothing was found."""
    if not cell.known:
        return False
    if isinstance(cell.value, str):
        return cell.value.strip().casefold() not in {empty.strip().casefold() for empty in empty_values}
    return bool(cell.value)
