"""What an expression may need to know while it is written: the values, the table, the time looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

from aftercall.metrics.settings import Settings
from aftercall.metrics.values import Values


@dataclass(frozen=True)
class Sql:
    """One statement in the making. ``since`` and ``until``: epoch milliseconds, until is exclusive."""

    project_id: int
    table: str
    since: int
    until: int
    timezone: str
    settings: Settings
    found_by_words: str = ""
    """How a statement ends that looks for words in turns (store/engine.py)."""
    says_no: tuple[str, ...] = ()
    """Metrics of which an agent's silence says no (silence.py)."""
    values: Values = field(default_factory=Values)
