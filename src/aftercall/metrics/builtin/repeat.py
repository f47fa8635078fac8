"""Whether the same number had called shortly before."""

from __future__ import annotations

from aftercall.metrics.facts import Facts
from aftercall.metrics.query import Measure
from aftercall.metrics.scope import Sql

_DAY_MS = 86_400_000
_REPEATS = """\
c.conversation_id IN (
    SELECT conversation_id FROM (
        SELECT conversation_id, started_at,
            lagInFrame(toNullable(started_at)) OVER (
                PARTITION BY from_number ORDER BY started_at, conversation_id
                ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
            ) AS before
        FROM {table} FINAL
        WHERE from_number != '' AND started_at >= {since} AND started_at < {until}
    )
    WHERE before >= started_at - toIntervalMillisecond({within})
)"""


def repeat_contact(sql: Sql) -> str:
    """One pass over the conversations of the time asked for and the days before it."""
    within = sql.settings.repeat_contact_days * _DAY_MS
    repeats = _REPEATS.format(
        table=sql.table,
        since=sql.values.time(max(sql.since - within, 0)),
        until=sql.values.time(sql.until),
        within=sql.values.number(within),
    )
    return f"if(ifNull(c.from_number, '') = '', NULL, {repeats})"


REPEAT_CONTACT = Facts(
    name="repeat_contact",
    display_name="Repeat contact",
    definition="The same number had another conversation in the days before (7, or as the project sets"
    " metrics.repeat_contact_days). Unknown without a number.",
    type="boolean",
    sql=repeat_contact,
    better="down",
    agg="rate",
    base="known",
    synonyms=("called back", "repeat caller"),
)
REPEAT_CONTACT_RATE = Facts(
    name="repeat_contact_rate",
    display_name="Repeat contact rate",
    definition="Share of the conversations with a number that were a repeat contact.",
    type="ratio",
    unit="%",
    better="down",
    agg="value",
    format="percent",
    means=Measure(metric="repeat_contact", agg="rate", base="known"),
)
FACTS = (REPEAT_CONTACT, REPEAT_CONTACT_RATE)
