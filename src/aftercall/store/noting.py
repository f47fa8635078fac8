"""Whoever keeps something in mind of all rows: shown each before it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol


class Noting(Protocol):
    def note(self, project_id: int, rows: Iterable[dict[str, Any]]) -> None: ...
