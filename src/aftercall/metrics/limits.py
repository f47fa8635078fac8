"""What one question may cost, and how it is said that it costs more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from clickhouse_connect.driver.exceptions import ClickHouseError

from aftercall.errors import InvalidInput, UserError

_TIMEOUT, _MEMORY = 159, 241
"""The engine's own numbers: TIMEOUT_EXCEEDED and MEMORY_LIMIT_EXCEEDED."""
_NARROW = "ask for a shorter range, fewer groups (by, limit), or without transcript and percentiles"


class QueryTooSlow(UserError):
    status: ClassVar[int] = 408
    default_code: ClassVar[str] = "QUERY_TOO_SLOW"


class QueryTooLarge(InvalidInput):
    default_code: ClassVar[str] = "QUERY_TOO_LARGE"


@dataclass(frozen=True)
class Limits:
    """Of one statement: seconds, and bytes of memory."""

    seconds: float = 30.0
    memory: int = 2 * 1024**3

    def settings(self) -> str:
        """In the statement, because handing settings over apart costs the embedded engine 10 ms."""
        return (
            f"SETTINGS max_execution_time = {self.seconds:g}, max_memory_usage = {self.memory:d},"
            " totals_mode = 'before_having'"
        )

    def refusal(self, error: ClickHouseError) -> UserError | None:
        """What to tell whoever asked for too much; None: it failed for another reason."""
        text = str(error)
        if f"Code: {_TIMEOUT}." in text:
            return QueryTooSlow(f"The query took longer than {self.seconds:g} s: {_NARROW}.")
        if f"Code: {_MEMORY}." in text:
            megabytes = self.memory // 1024**2
            return QueryTooLarge(f"The query needs more than {megabytes:,} MB of memory: {_NARROW}.")
        return None
