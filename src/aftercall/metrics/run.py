"""The fourth step: which passes a plan takes, and their tables. Most questions take one; ranking groups
first, or comparing with another period, takes one more each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from clickhouse_connect.driver.exceptions import ClickHouseError

from aftercall.metrics.counts import rest
from aftercall.metrics.limits import Limits
from aftercall.metrics.lineage import versions_statement
from aftercall.metrics.operands import Written
from aftercall.metrics.plan import Plan
from aftercall.metrics.query import MOST_ROWS
from aftercall.metrics.ranking import Record, meeting, ranked
from aftercall.metrics.render import (
    BUCKET,
    OTHER,
    ROLLED,
    TEXT,
    Facets,
    Pass,
    Statement,
    statement,
)
from aftercall.metrics.render_other import OUT, PLACE, SHOWN, with_rest
from aftercall.metrics.sql_groups import Top
from aftercall.metrics.table import Table, decoded
from aftercall.store.engine import Engine

Group = tuple[bool, tuple[Any, ...]]
"""(whether it is the other group, its keys)."""
_MOST_RECORDS = 10 * MOST_ROWS


@dataclass
class Whole:
    """All conversations of the question as one row; ``facets``: what in it is what."""

    record: Record
    facets: Facets


@dataclass
class Tables:
    """What came back. ``groups`` in the order in which they are shown; ``records`` by bucket and group."""

    whole: Whole
    records: list[Record]
    groups: list[Group] = field(default_factory=list)
    truncated: bool = False
    top: Top | None = None
    compared: Tables | None = None


class Runner:
    """Runs statements of one question, and keeps what they were."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self._engine = engine
        self._limits = limits
        self.statements: list[Statement] = []

    def run(self, plan: Plan) -> Tables:
        """Raises QueryTooSlow, QueryTooLarge."""
        tables = self._tables(plan)
        if plan.compared is not None:
            tables.compared = self._compared(plan.compared, tables)
        return tables

    def top(self, plan: Plan) -> Top:
        """The values of the first ``by`` that are not other, as ``run`` finds them."""
        assert plan.query.limit is not None
        return self._ranked(plan, plan.query.limit)[0]

    def _tables(self, plan: Plan) -> Tables:
        if plan.interval is not None and not plan.starts:  # a range of no length has no bucket
            return Tables(self._whole(plan), [])
        if not plan.by:
            return self._ungrouped(plan)
        limit = plan.query.limit
        if plan.interval is None and (limit is None or (len(plan.by) == 1 and not plan.query.other)):
            return self._in_one_pass(plan, limit or MOST_ROWS)
        if limit is None:
            return self._rolled_up(plan) or self._in_two_passes(plan, None)
        if plan.query.other and plan.interval is None and len(plan.by) == 1 and not _lists(plan):
            return self._with_rest(plan, limit)
        top, found = self._ranked(plan, limit)
        # What is beyond the limit is left out only where it is not put together as other.
        found.truncated = found.truncated and not plan.query.other
        return self._listed(plan, top, found) if plan.interval is None else self._in_two_passes(plan, found)

    def _ungrouped(self, plan: Plan) -> Tables:
        if plan.interval is None:
            whole = self._whole(plan)
            return Tables(whole, [whole.record])
        records, every = self._ask(plan, Pass(bucket=True, totals=True, having=True))
        return Tables(every or self._whole(plan), records)

    def _in_one_pass(self, plan: Plan, limit: int) -> Tables:
        one = Pass(by=_all(plan), totals=not _lists(plan), sorted=True, having=True, limit=limit + 1)
        records, whole = self._ask(plan, one)
        shown = records[:limit]
        groups = [_group(record, len(plan.by)) for record in shown]
        top = _top(shown, other=False)
        return Tables(whole or self._whole(plan), shown, groups, len(records) > limit, top)

    def _rolled_up(self, plan: Plan) -> Tables | None:
        """Series, groups over the whole range and all in one pass; None where that would be too much."""
        if _lists(plan):
            return None
        one = Pass(by=_all(plan), bucket=True, rolled=True, limit=_MOST_RECORDS)
        records, _ = self._ask(plan, one)
        if len(records) == _MOST_RECORDS:
            return None
        by_set: dict[int, list[Record]] = defaultdict(list)
        for record in records:
            by_set[record[ROLLED]].append(record)
        best = ranked(meeting(by_set[1], plan), plan)
        every = by_set[len(plan.by) + 1]
        found = Whole(every[0], self.statements[-1].facets) if every else self._whole(plan)
        groups = [_group(record, len(plan.by)) for record in best]
        return Tables(found, by_set[0], groups, top=_top(best, other=False))

    def _with_rest(self, plan: Plan, limit: int) -> Tables:
        """The values up to the limit, and the rest as one group, in one pass."""
        ranking = Pass(by=(0,), totals=True, sorted=True, limit=limit + 1)
        simple = statement(plan, ranking, self._limits, self._next_value())
        if simple.counts is not None and not plan.query.having:
            records, whole = self._asked(simple)
            shown = records[:limit]
            if len(records) > limit and whole is not None:
                other = {OTHER: True, TEXT: "", "k0": None}
                records = [*shown, other | rest(whole.record, shown, simple.counts)]
        else:
            records, whole = self._asked(with_rest(plan, limit, self._limits, self._next_value()))
            shown = [record for record in records if record[PLACE] == SHOWN]
            records = [record for record in records if record[PLACE] != OUT]
        groups = [_group(record, 1) for record in records]
        return Tables(whole or self._whole(plan), records, groups, top=_top(shown, other=True))

    def _ranked(self, plan: Plan, limit: int) -> tuple[Top, Tables]:
        """The values of the first ``by`` that are shown. Of several ``by``, having is for whole groups."""
        rank = Pass(
            by=(0,),
            totals=not plan.by[0].is_list,
            sorted=True,
            having=len(plan.by) == 1,
            limit=limit + 1,
        )
        records, whole = self._ask(plan, rank)
        shown = records[:limit]
        groups = [_group(record, 1) for record in shown]
        if len(records) > limit and plan.query.other:
            groups.append((True, (None,)))
        top = _top(shown, other=plan.query.other)
        return top, Tables(whole or self._whole(plan), shown, groups, len(records) > limit, top)

    def _listed(self, plan: Plan, top: Top, found: Tables) -> Tables:
        """The rows of these values, other last."""
        records, _ = self._ask(plan, self._groups(plan, top, totals=False))
        shown = sorted(records[:MOST_ROWS], key=lambda record: bool(record.get(OTHER)))
        groups = [_group(record, len(plan.by)) for record in shown]
        return Tables(found.whole, shown, groups, found.truncated or len(records) > MOST_ROWS, top)

    def _in_two_passes(self, plan: Plan, found: Tables | None) -> Tables:
        """Which groups, in which order, over the whole range; then each of them in each bucket. ``found``:
        the values of the first ``by`` that are shown."""
        if found is None or len(plan.by) > 1:
            top = None if found is None else found.top
            records, whole = self._ask(
                plan, self._groups(plan, top, totals=found is None and not _lists(plan))
            )
            groups = sorted((_group(record, len(plan.by)) for record in records[:MOST_ROWS]), key=_is_other)
            truncated = len(records) > MOST_ROWS or (found is not None and found.truncated)
            whole = found.whole if found is not None else whole or self._whole(plan)
            found = Tables(whole, [], groups, truncated, top or _top(records, other=False))
        rows = Pass(
            by=_all(plan),
            bucket=True,
            top=found.top if plan.query.limit is not None else None,
            passing=_passing(plan, found.top),
            limit=_MOST_RECORDS,
        )
        found.records, _ = self._ask(plan, rows)
        return found

    @staticmethod
    def _groups(plan: Plan, top: Top | None, *, totals: bool) -> Pass:
        return Pass(
            by=_all(plan),
            top=top,
            passing=_passing(plan, top),
            totals=totals,
            sorted=True,
            having=top is None or len(plan.by) > 1,
            limit=MOST_ROWS + 1,
        )

    def _compared(self, plan: Plan, now: Tables) -> Tables:
        """The same groups in the other period; having and limit were for this one."""
        bucket = plan.interval is not None
        if (bucket and not plan.starts) or not (plan.by or bucket):
            whole = self._whole(plan)
            return Tables(whole, [] if bucket else [whole.record], now.groups)
        if plan.query.limit is None and not _lists(plan):
            every = Pass(by=_all(plan), bucket=bucket, totals=True, limit=_MOST_RECORDS)
            records, found = self._ask(plan, every)
            if len(records) < _MOST_RECORDS:
                return Tables(found or self._whole(plan), records, now.groups)
        # With other every conversation is in a group.
        totals = now.top is not None and now.top.other and not _lists(plan)
        some = Pass(by=_all(plan), bucket=bucket, top=now.top, totals=totals, limit=_MOST_RECORDS)
        records, found = self._ask(plan, some)
        return Tables(found or self._whole(plan), records, now.groups)

    def _whole(self, plan: Plan) -> Whole:
        (record,), _ = self._ask(plan, Pass(whole=True))
        return Whole(record, self.statements[-1].facets)

    def versions(self, plan: Plan, operand: Written) -> dict[str, int]:
        """Conversations of the question by the version that a metric was extracted by."""
        made = versions_statement(plan, operand, self._limits, self._next_value())
        self.statements.append(made)
        return dict(self.table(made.sql, made.parameters).data)

    def _next_value(self) -> int:
        return 1 + sum(len(each.parameters) for each in self.statements)

    def _ask(self, plan: Plan, one: Pass) -> tuple[list[Record], Whole | None]:
        """Rows; and all as one, where the pass has it and there was anything."""
        return self._asked(statement(plan, one, self._limits, self._next_value()))

    def _asked(self, made: Statement) -> tuple[list[Record], Whole | None]:
        self.statements.append(made)
        table = self.table(made.sql, made.parameters)
        names = [column.name for column in table.meta]
        records = [dict(zip(names, row, strict=True)) for row in table.data]
        if table.totals is None:
            return records, None
        return records, Whole(dict(zip(names, table.totals, strict=True)), made.facets)

    def table(self, sql: str, parameters: dict[str, Any]) -> Table:
        try:
            raw = self._engine.client().raw_query(sql, parameters=parameters, fmt="JSONCompact")
        except ClickHouseError as error:
            refusal = self._limits.refusal(error)
            if refusal is None:
                raise
            raise refusal from error
        return decoded(raw)


def _all(plan: Plan) -> tuple[int, ...]:
    return tuple(range(len(plan.by)))


def _lists(plan: Plan) -> bool:
    """Whether a conversation may be in several groups: then totals need a pass of their own."""
    return any(group.is_list for group in plan.by)


def _passing(plan: Plan, top: Top | None) -> tuple[int, ...]:
    """Other is of the groups that meet having, too: the only place where that cannot be asked of a row."""
    return (0,) if plan.query.having and top is not None and top.other and len(plan.by) == 1 else ()


def _top(records: list[Record], *, other: bool) -> Top:
    shown = {(record[TEXT], record["k0"] is None): None for record in records}
    texts = tuple(text for text, null in shown if not null)
    return Top(texts, any(null for _, null in shown), other)


def _group(record: Record, keys: int) -> Group:
    return bool(record.get(OTHER)), tuple(record[f"k{i}"] for i in range(keys))


def _is_other(group: Group) -> bool:
    return group[0]


def place_of(record: Record, keys: int) -> tuple[int | None, Group]:
    """(start of its bucket, its group)."""
    return record.get(BUCKET), _group(record, keys)
