"""What came of one ``conv.extract``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Extracted:
    """``answers``: by name, ``{value, status, reason, evidence, extractor}``. ``events``: metric events to be
    written, complete, also where there is an ``error``: it failed in a way that may pass, or that a person
    must mend, and the function hears of it as of a failed prompt."""

    answers: Mapping[str, Any]
    events: list[dict[str, Any]]
    error: str | None = None
    llm_calls: int = 0
