"""What was asked, when, for whom and for how much; and the daily spend cap, which no two processes can
pass."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aftercall.llm.errors import SpendCapReached
from aftercall.llm.route import Route
from aftercall.llm.sqlite import SqliteFile

FILE_NAME = "llm-ledger.db"
OPEN = "open"
DAY_MS = 86_400_000
NANOS = 1_000_000_000
"""Money is kept in whole billionths: what is reserved and given back again must leave nothing behind."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, project TEXT NOT NULL, conversation TEXT,
    name TEXT NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL,
    tokens_in INTEGER NOT NULL DEFAULT 0, tokens_out INTEGER NOT NULL DEFAULT 0, nanos INTEGER,
    latency_ms INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
    cached INTEGER NOT NULL DEFAULT 0, outcome TEXT NOT NULL, finish TEXT);
CREATE INDEX IF NOT EXISTS calls_by_time ON calls (at);
CREATE INDEX IF NOT EXISTS calls_of ON calls (project, conversation);
CREATE TABLE IF NOT EXISTS spend (project TEXT, day TEXT, nanos INTEGER NOT NULL, PRIMARY KEY (project, day));
"""


@dataclass(frozen=True)
class Call:
    """One line of the ledger: a call of ours with all its requests. No text of it is kept."""

    id: int
    at: int
    """UTC epoch milliseconds."""
    project: str
    conversation: str | None
    """None: it belonged to none, or the conversation was erased."""
    name: str
    """The model's name as it was asked for."""
    endpoint: str
    model: str
    tokens_in: int
    tokens_out: int
    cost: float | None
    """In the currency of the prices; None: the model has none. Of requests whose answer was lost, the most
    they can have cost."""
    latency_ms: int
    """With all waiting and retries."""
    attempts: int
    """Requests sent; 0 for a stored answer."""
    cached: bool
    outcome: str
    """``ok``; the code of the error; ``open``: under way, or its process died."""
    finish: str | None
    """Why the model stopped: ``stop``, ``length`` (the answer is cut off), ..."""


class Ledger:
    """``AFTERCALL_HOME/llm-ledger.db``: shared by all processes of one home, kept over restarts.

    The cap is kept by reservation: before each request the most it can cost is added to the day's spend, or
    refused; afterwards it is replaced by what it did cost. A process that dies leaves its reservation
    standing.
    """

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = SqliteFile(home / FILE_NAME, _SCHEMA)
        self._clock = clock

    # --- writing, by the door

    def begin(self, route: Route, project: str, conversation: str | None, keep_days: int) -> int:
        """The id of a new open call."""
        at = self._now_ms()
        nanos = 0 if route.given.priced else None
        row = (at, project, conversation, route.name, route.endpoint_name, route.model, nanos, OPEN)
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM calls WHERE at < ?", (at - keep_days * DAY_MS,))
            cursor = connection.execute(
                "INSERT INTO calls (at, project, conversation, name, endpoint, model, nanos, outcome)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            return int(cursor.lastrowid or 0)

    def reserve(self, call_id: int, project: str, amount: float, cap: float | None) -> str:
        """The day it is booked on. Raises SpendCapReached, with nothing booked."""
        day = self.today()
        with self._file.transaction() as connection:
            spent = _spent(connection, project, day)
            if cap is not None and spent + amount > cap:
                raise SpendCapReached(
                    f"the daily spend cap of project {project!r} would be passed: of {cap:.4f} today"
                    f" {spent:.4f} is spent or reserved and this request can cost {amount:.4f}. A day begins"
                    " at 00:00 UTC; the cap is daily_spend_cap in models.yaml",
                    passing=True,
                )
            _book(connection, call_id, project, day, _nanos(amount))
            connection.execute("UPDATE calls SET attempts = attempts + 1 WHERE id = ?", (call_id,))
        return day

    def settle(self, call_id: int, project: str, day: str, reserved: float, cost: float) -> None:
        with self._file.transaction() as connection:
            _book(connection, call_id, project, day, _nanos(cost) - _nanos(reserved))

    def end(
        self, call_id: int, *, outcome: str, latency_ms: int, tokens: tuple[int, int] = (0, 0),
        finish: str | None = None, cached: bool = False,
    ) -> None:  # fmt: skip
        row = (outcome, latency_ms, *tokens, finish, cached, call_id)
        with self._file.transaction() as connection:
            connection.execute(
                "UPDATE calls SET outcome = ?, latency_ms = ?, tokens_in = ?, tokens_out = ?, finish = ?,"
                " cached = ? WHERE id = ?",
                row,
            )

    def fault(self, call_id: int, outcome: str) -> None:
        """The call went well, its answer turned out to be of no use."""
        with self._file.transaction() as connection:
            connection.execute("UPDATE calls SET outcome = ? WHERE id = ?", (outcome, call_id))

    def erase(self, project: str, conversation: str | None) -> int:
        """Takes the conversation's id (None: every one of the project) off its calls; what they cost
        stays."""
        where, values = "project = ? AND conversation IS NOT NULL", [project]
        if conversation is not None:
            where, values = "project = ? AND conversation = ?", [project, conversation]
        with self._file.transaction() as connection:
            sql = f"UPDATE calls SET conversation = NULL WHERE {where}"  # noqa: S608
            erased = connection.execute(sql, values).rowcount
        self._file.truncate_log()
        return erased

    # --- asking

    def calls(
        self, *, project: str | None = None, conversation: str | None = None, since: int | None = None,
        until: int | None = None, outcome: str | None = None, limit: int = 100,
    ) -> list[Call]:  # fmt: skip
        """The newest first; ``since`` and ``until`` are UTC epoch milliseconds, the second excluded."""
        asked = {"project = ?": project, "conversation = ?": conversation, "at >= ?": since, "at < ?": until}
        asked["outcome = ?"] = outcome
        given = {condition: value for condition, value in asked.items() if value is not None}
        where = " AND ".join(given) or "1"
        sql = f"SELECT * FROM calls WHERE {where} ORDER BY at DESC, id DESC LIMIT ?"  # noqa: S608
        with self._file.reading() as connection:
            rows = connection.execute(sql, (*given.values(), limit)).fetchall()
        return [_call(dict(row)) for row in rows]

    def spent(self, project: str, day: str | None = None) -> float:
        """Spent and reserved on a UTC day (YYYY-MM-DD, default today), in the currency of the prices."""
        with self._file.reading() as connection:
            return _spent(connection, project, day or self.today())

    def today(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).date().isoformat()

    def close(self) -> None:
        self._file.close()

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _spent(connection: sqlite3.Connection, project: str, day: str) -> float:
    sql = "SELECT nanos FROM spend WHERE project = ? AND day = ?"
    row = connection.execute(sql, (project, day)).fetchone()
    return int(row["nanos"]) / NANOS if row else 0.0


def _book(connection: sqlite3.Connection, call_id: int, project: str, day: str, nanos: int) -> None:
    if nanos:
        connection.execute(
            "INSERT INTO spend VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET nanos = nanos + excluded.nanos",
            (project, day, nanos),
        )
        connection.execute("UPDATE calls SET nanos = nanos + ? WHERE id = ?", (nanos, call_id))


def _nanos(amount: float) -> int:
    return round(amount * NANOS)


def _call(row: dict[str, Any]) -> Call:
    nanos = row.pop("nanos")
    cost = None if nanos is None else nanos / NANOS
    return Call(**{**row, "cost": cost, "cached": bool(row["cached"])})
