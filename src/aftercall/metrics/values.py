"""Values of a statement: each is bound under a name with a type, and none ever becomes SQL text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Values:
    """Gives placeholders and keeps what they stand for. Equal values share a name, so that equal
    expressions are equal texts, and the engine computes them once. ``first``: the number of the first one,
    so that the statements of one question can be shown with their values side by side."""

    def __init__(self, first: int = 1) -> None:
        self.bound: dict[str, Any] = {}
        self._first = first
        self._names: dict[tuple[str, str], str] = {}

    def bind(self, value: Any, type_: str) -> str:
        key = (type_, repr(value))
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"p{self._first + len(self.bound)}"
            self.bound[name] = value
        return f"{{{name}:{type_}}}"

    def text(self, value: str) -> str:
        return self.bind(value, "String")

    def texts(self, values: Sequence[str]) -> str:
        return self.bind(list(values), "Array(String)")

    def boolean(self, value: bool) -> str:
        return self.bind(value, "Bool")

    def number(self, value: int | float) -> str:
        """Whole numbers exactly, so that integers beyond 2^53 are still told apart."""
        if isinstance(value, int) and -(2**63) <= value < 2**63:
            return self.bind(value, "Int64")
        return self.bind(float(value), "Float64")

    def time(self, ms: int) -> str:
        return f"fromUnixTimestamp64Milli({self.bind(ms, 'Int64')})"
