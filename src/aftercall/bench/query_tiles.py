"""The questions that ``bench query`` asks, each beside the SQL that somebody would write by hand for it.

The hand-written statement answers the same question on the same table, totals included, and no more: it
counts no missing values, checks no names, and knows the types. ``{table}`` is the project's wide table,
``{during}`` and ``{before}`` the time asked for and the one before it, the rest is in ``PARTS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Question = dict[str, Any]
TIMEZONE = "Europe/London"
COUNT: Question = {"metric": "conversations", "agg": "conversations"}
BOOKED: Question = {"metric": "APPOINTMENT_BOOKED", "agg": "rate"}
CONTAINMENT: Question = {"metric": "containment"}
MONTH = {"last": "30d"}
QUARTER = {"last": "90d"}


@dataclass(frozen=True)
class Tile:
    """``by_hand`` holds one statement, or several where one person would run several."""

    name: str
    question: Question
    by_hand: tuple[str, ...]


PARTS = {
    "containment": "countIf(NOT in_progress AND NOT handoff) / countIf(NOT in_progress)",
    "booked": "countIf(APPOINTMENT_BOOKED) / count()",
    "day": f"toStartOfDay(started_at, '{TIMEZONE}')",
    "timezone": TIMEZONE,
}
"""What several statements have in common."""

OVERVIEW: tuple[Tile, ...] = (
    Tile(
        "conversations against the month before",
        {"measures": [COUNT, {"metric": "callers"}], "over": MONTH, "compare": "previous_period"},
        (
            "SELECT count(), uniqExact(from_number) FROM {table} FINAL WHERE {during}",
            "SELECT count(), uniqExact(from_number) FROM {table} FINAL WHERE {before}",
        ),
    ),
    Tile(
        "containment against the month before",
        {"measures": [CONTAINMENT], "over": MONTH, "compare": "previous_period"},
        (
            "SELECT {containment} FROM {table} FINAL WHERE {during}",
            "SELECT {containment} FROM {table} FINAL WHERE {before}",
        ),
    ),
    Tile(
        "booked against the month before",
        {"measures": [BOOKED], "over": MONTH, "compare": "previous_period"},
        (
            "SELECT {booked} FROM {table} FINAL WHERE {during}",
            "SELECT {booked} FROM {table} FINAL WHERE {before}",
        ),
    ),
    Tile(
        "duration, mean and 95th percentile",
        {
            "measures": [{"metric": "duration", "agg": "avg"}, {"metric": "duration", "agg": "p95"}],
            "over": MONTH,
        },
        ("SELECT avg(duration), quantileExactInclusive(0.95)(duration) FROM {table} FINAL WHERE {during}",),
    ),
    Tile(
        "conversations by day",
        {"measures": [COUNT], "over": MONTH, "interval": "day"},
        (
            "SELECT {day} AS day, count() FROM {table} FINAL WHERE {during}"
            " GROUP BY day WITH TOTALS ORDER BY day",
        ),
    ),
    Tile(
        "booked by day and variant",
        {"measures": [BOOKED], "over": MONTH, "interval": "day", "by": ["variant_name"]},
        (
            "SELECT {day} AS day, variant_name, {booked} FROM {table} FINAL WHERE {during}"
            " GROUP BY day, variant_name WITH TOTALS ORDER BY day, variant_name",
        ),
    ),
    Tile(
        "reasons, the first five and the rest",
        {"measures": [COUNT], "over": MONTH, "by": ["CALL_REASON"], "limit": 5, "other": True},
        (
            "SELECT CALL_REASON, count() AS n FROM {table} FINAL WHERE {during}"
            " GROUP BY CALL_REASON WITH TOTALS ORDER BY n DESC",
        ),
    ),
    Tile(
        "heatmap of weekdays and hours",
        {"measures": [COUNT], "over": MONTH, "by": ["day_of_week", "hour_of_day"]},
        (
            "SELECT toDayOfWeek(started_at, 0, '{timezone}') AS d, toHour(started_at, '{timezone}') AS h,"
            " count() FROM {table} FINAL WHERE {during} GROUP BY d, h WITH TOTALS",
        ),
    ),
    Tile(
        "channels: volume, containment, handle time",
        {
            "measures": [COUNT, CONTAINMENT, {"metric": "handle_time", "agg": "avg"}],
            "over": MONTH,
            "by": ["channel"],
        },
        (
            "SELECT channel, count() AS n, {containment}, avg(agent_duration) FROM {table} FINAL"
            " WHERE {during} GROUP BY channel WITH TOTALS ORDER BY n DESC",
        ),
    ),
)
"""The tiles of an overview dashboard, asked together."""

DEEPER: tuple[Tile, ...] = (
    Tile(
        "a quarter by week",
        {"measures": [COUNT, BOOKED], "over": QUARTER, "interval": "week"},
        (
            "SELECT toStartOfWeek(started_at, 1, '{timezone}') AS week, count(), {booked}"
            " FROM {table} FINAL WHERE {during} GROUP BY week WITH TOTALS ORDER BY week",
        ),
    ),
    Tile(
        "percentiles of a quarter by language",
        {
            "measures": [{"metric": "duration", "agg": p} for p in ("p50", "p95", "p99")],
            "over": QUARTER,
            "by": ["language"],
        },
        (
            "SELECT language, quantilesExactInclusive(0.5, 0.95, 0.99)(duration) AS p FROM {table} FINAL"
            " WHERE {during} GROUP BY language WITH TOTALS ORDER BY p[1] DESC",
        ),
    ),
    Tile(
        "callers of a quarter",
        {"measures": [{"metric": "callers"}], "over": QUARTER},
        ("SELECT uniqExact(from_number) FROM {table} FINAL WHERE {during}",),
    ),
    Tile(
        "billing and not resolved, by day",
        {
            "measures": [COUNT, {"metric": "SENTIMENT", "agg": "avg"}],
            "over": MONTH,
            "interval": "day",
            "where": [
                {"field": "CALL_REASON", "op": "eq", "value": "billing"},
                {"field": "RESOLVED", "op": "eq", "value": False},
            ],
        },
        (
            "SELECT {day} AS day, count(), avg(SENTIMENT) FROM {table} FINAL WHERE {during}"
            " AND CALL_REASON = 'billing' AND RESOLVED = false GROUP BY day WITH TOTALS ORDER BY day",
        ),
    ),
    Tile(
        "events of a metric",
        {"measures": [{"metric": "SENTIMENT", "agg": "events"}], "over": MONTH},
        (
            "SELECT sum(arrayCount((n, t) -> n = 'SENTIMENT' AND t NOT IN ('null', 'invalid'),"
            " write_names, write_types)) FROM {table} FINAL WHERE {during}",
        ),
    ),
    Tile(
        "one source of a metric",
        {"measures": [{"metric": "RESOLVED@extraction", "agg": "rate"}], "over": MONTH},
        (
            "SELECT countIf(v = 1) / countIf(v IS NOT NULL) FROM ("
            "SELECT arrayLastIndex((n, s) -> n = 'RESOLVED' AND s = 'extraction',"
            " write_names, write_sources) AS i, if(write_types[i] = 'boolean', write_numbers[i], NULL) AS v"
            " FROM {table} FINAL WHERE {during})",
        ),
    ),
    Tile(
        "a path in the state",
        {"measures": [COUNT], "over": MONTH, "by": ["state.intent.name"]},
        (
            "SELECT JSONExtractString(state, 'intent', 'name') AS name, count() AS n FROM {table} FINAL"
            " WHERE {during} GROUP BY name WITH TOTALS ORDER BY n DESC",
        ),
    ),
    Tile(
        "handoffs for each booking, by reason",
        {
            "measures": [
                {
                    "metric": "handoff",
                    "agg": "sum",
                    "divide_by": {"metric": "APPOINTMENT_BOOKED", "agg": "conversations"},
                    "as": "share",
                }
            ],
            "over": MONTH,
            "by": ["CALL_REASON"],
            "having": [{"measure": "share", "op": "gt", "value": 0.1}],
        },
        (
            "SELECT CALL_REASON, sum(handoff) / countIf(APPOINTMENT_BOOKED IS NOT NULL) AS share"
            " FROM {table} FINAL WHERE {during} GROUP BY CALL_REASON WITH TOTALS"
            " HAVING share > 0.1 ORDER BY share DESC",
        ),
    ),
)
"""What people ask beside it."""


def spoken(word: str) -> Tile:
    """How many conversations of the quarter hold this word of the made-up vocabulary."""
    question = {
        "measures": [COUNT],
        "over": QUARTER,
        "where": [{"field": "transcript", "op": "contains", "value": word}],
    }
    by_hand = (
        "SELECT count() FROM {table} FINAL WHERE {during} AND conversation_id IN (SELECT conversation_id"
        " FROM turns FINAL WHERE project_id = {project} AND {during} AND hasAllTokens(text, 'WORD'))"
    )
    return Tile(f"token search, {word}", question, (by_hand.replace("WORD", word),))
