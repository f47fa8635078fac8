"""How a metric's value was extracted: X.status, X.version, X.extractor; and which answers hold values of
different versions of one definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aftercall.metrics.facts import Facts
from aftercall.metrics.limits import Limits
from aftercall.metrics.operands import Operand, Registered, Written
from aftercall.metrics.plan import Plan
from aftercall.metrics.render import Facets, Statement, range_conditions, scope_of, where_conditions
from aftercall.metrics.scope import Sql

PARTS: Mapping[str, tuple[str, str]] = {
    "status": ("write_statuses", "ok, unknown, not_applicable, ungrounded or failed"),
    "version": ("write_versions", "the version of the definition"),
    "extractor": ("write_extractors", "who extracted it, such as rules or llm"),
}
"""What may follow a metric's name after a dot: the column, and what it holds."""


@dataclass(frozen=True, eq=False, repr=False)
class Lineage(Operand):
    """Of the write that counts, or of a source's; unknown where that was not extracted."""

    written_as: Written
    part: str

    def value(self, sql: Sql) -> str:
        column, _ = PARTS[self.part]
        return f"nullIf(c.{column}[{self.written_as.place(sql)}], '')"


def facts_of_lineage(name: str, part: str) -> Facts:
    return Facts(
        name=name,
        display_name=name,
        definition=f"Of the extraction of the metric: {PARTS[part][1]}. Unknown where it was not extracted.",
        type="text",
        agg="conversations",
        base="known",
    )


def extracted(plan: Plan) -> Iterator[Written]:
    """The metrics of a question whose values may have been extracted."""
    for operand in plan.operands():
        if isinstance(operand, Lineage):
            yield operand.written_as
        elif isinstance(operand, Written) and operand.source in (None, "extraction"):
            yield operand
        elif isinstance(operand, Registered):
            yield Written(operand.facts, operand.definition.name, None)


def versions_statement(plan: Plan, operand: Written, limits: Limits, first: int) -> Statement:
    """Rows: a version, and how many conversations of the question have a value by it."""
    sql = scope_of(plan, first)
    version = Lineage(operand.facts, operand, "version").value(sql)
    where = " AND ".join([*range_conditions(sql), *where_conditions(plan, sql)])
    text = (
        f"SELECT {version} AS version, count() AS conversations\nFROM {sql.table} AS c FINAL\n"
        f"WHERE {where}\nGROUP BY version HAVING isNotNull(version) ORDER BY version\n{limits.settings()}"
    )
    return Statement(text, sql.values.bound, Facets("", {}, {}))
