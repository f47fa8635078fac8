"""All facts of one metric or field, in one object: what it is called, means, measures, and how to compute
it. The built-in ones are in builtin/, one file per topic; a registered metric's are made of its registry
entry. Lists for people, checks of questions and SQL all read the same object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aftercall.catalog.principal import Scope
from aftercall.metrics.answer import Format
from aftercall.metrics.query import Agg, Measure
from aftercall.metrics.scope import Sql
from aftercall.model.values import DEFAULT_EMPTY_VALUES

Kind = Literal[
    "boolean",  # true, false or unknown, of each conversation
    "number",
    "integer",
    "text",
    "categorical",
    "time",
    "list",  # several texts, each once
    "natural",  # each value has the type it came with: unregistered names, paths into JSON
    "transcript",
    "count",  # no value of a conversation, but a number of them: conversations, callers
    "ratio",  # of two measures: see Facts.means
]
Better = Literal["up", "down", "none"]
Expression = str | Callable[[Sql], str]


def written(expression: Expression, sql: Sql) -> str:
    return expression if isinstance(expression, str) else expression(sql)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """``sql``: the value of one conversation, of row ``c`` of the wide table, NULL where it is unknown.

    ``true`` and ``known`` are shorter forms of "it is true" and "it is not NULL", where there are some.
    ``agg``: what is meant where a question names none. ``base``: what a rate is a share of: all
    conversations, those that know a value, or those in which another metric is flagged. ``means``: the
    measure that a count or a ratio stands for. ``scope``: what a key needs beside read.
    """

    name: str
    display_name: str
    definition: str
    type: Kind
    sql: Expression = ""
    true: Expression = ""
    known: Expression = ""
    unit: str = ""
    better: Better = "none"
    agg: Agg = "avg"
    base: Literal["all", "known"] | dict[str, str] = "all"
    means: Measure | None = None
    format: Format | None = None
    options: tuple[str, ...] = ()
    empty_values: tuple[str, ...] = DEFAULT_EMPTY_VALUES
    scope: Scope | None = None
    synonyms: tuple[str, ...] = ()
    group: str = ""

    def expression(self, sql: Sql) -> str:
        return written(self.sql, sql)
