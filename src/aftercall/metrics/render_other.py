"""The values of a ``by`` up to a limit, and the rest as one more group, in one pass over the rows.

Groups are kept as states of their aggregates; these are ranked, and what lies beyond the limit is merged: so
the rest has the exact percentile or number of callers of its conversations, as if they had been one group.
"""

from __future__ import annotations

from aftercall.metrics.limits import Limits
from aftercall.metrics.plan import Plan
from aftercall.metrics.render import (
    OTHER,
    TEXT,
    Pass,
    Statement,
    facets_of,
    having_sql,
    range_conditions,
    scope_of,
    sorting_sql,
    where_conditions,
)
from aftercall.metrics.sql_groups import key
from aftercall.metrics.sql_measures import Aggregates, measure_sql

PLACE = "p"
SHOWN, REST, OUT = 1, 2, 3
"""Of a group: shown by itself, in the rest, or without what ``having`` asks for (but in the totals)."""

_STATEMENT = """\
SELECT
    if({place} = {shown}, ranked.k0, NULL) AS k0,
    {place} = {rest} AS {other},
    ifNull(toString(k0), '') AS {text},
    {place},
    {merged}
FROM (
    SELECT
        {key} AS k0,
        {states},
        {finished},
        {passes} AS passes,
        row_number() OVER (PARTITION BY passes ORDER BY {sorting}) AS nth,
        multiIf(NOT passes, {out}, nth <= {limit}, {shown}, {rest}) AS {place}
    FROM {table} AS c FINAL
    WHERE {where}
    GROUP BY k0
) AS ranked
GROUP BY k0, {place} WITH TOTALS
ORDER BY {place}, {sorting}
{settings}"""


def with_rest(plan: Plan, limit: int, limits: Limits, first: int = 1) -> Statement:
    """Of one ``by`` that is no list. Rows: the values shown, in order; the rest; those that are out."""
    sql = scope_of(plan, first)
    aggregates = Aggregates()
    measures = [f"{measure_sql(one, aggregates, sql)} AS m{i}" for i, one in enumerate(plan.measures)]
    facets = facets_of(plan, aggregates, sql)
    inner = ",\n" + 8 * " "
    text = _STATEMENT.format(
        place=PLACE,
        shown=SHOWN,
        rest=REST,
        out=OUT,
        other=OTHER,
        text=TEXT,
        merged=",\n    ".join([*aggregates.merged(), *measures]),
        sorting=sorting_sql(plan, Pass(by=(0,))),
        limit=int(limit),
        finished=inner.join([*aggregates.finished(), *measures]),
        passes=having_sql(plan, sql) if plan.query.having else "true",
        key=key(plan.by[0], "", sql).expression,
        states=inner.join(aggregates.states()),
        table=sql.table,
        where="\n        AND ".join([*range_conditions(sql), *where_conditions(plan, sql)]),
        settings=limits.settings(),
    )
    return Statement(text, sql.values.bound, facets)
