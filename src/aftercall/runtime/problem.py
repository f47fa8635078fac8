"""What is wrong with a file of an agent project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    file: str
    """Relative to the project; empty: the project as a whole."""
    line: int | None
    code: str
    """IMPORT_FAILED, FUNCTION_MISSING, SIGNATURE_CONV, SIGNATURE_FLOW, SIGNATURE_PARAMETER, DUPLICATE_NAME,
    FILE_NAME, YAML or NOT_STARTED."""
    severity: str
    """error: something cannot be called or read. warning: it can, but look at it."""
    message: str
    traceback: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}" if place else self.message
