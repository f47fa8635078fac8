"""The columns of an export of the wide table: which, under what name, and how a key may see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from aftercall.catalog.definitions import Registry
from aftercall.catalog.principal import Scope
from aftercall.metrics.strict import near, refusal, shown
from aftercall.model.builtins import BUILTINS

TRANSCRIPT = "transcript"
"""Not in the table: what was said, line by line. Only where it is asked for."""
MOST_COLUMNS = 2_000
_NUMBERS = frozenset({"from_number", "to_number"})
_SPOKEN = frozenset({TRANSCRIPT, "state", "attributes"})
"""What needs read:transcripts."""
_MASKED = (
    "if(lengthUTF8({0}) > 4, concat(repeat('*', lengthUTF8({0}) - 2), rightUTF8({0}, 2)),"
    " repeat('*', lengthUTF8({0})))"
)
May = Callable[[Scope], bool]
Need = Callable[[Scope], None]


@dataclass(frozen=True)
class Column:
    """``sql``: its value of row ``c`` of the table. ``text``: whether it holds what somebody wrote."""

    name: str
    sql: str
    text: bool

    @property
    def selected(self) -> str:
        return f"{self.sql} AS `{self.name}`"


def choose(registry: Registry, asked: Sequence[str], may: May, need: Need, *, internal: bool) -> list[Column]:
    """Those asked for, in that order; none asked for: all but our own bookkeeping (``internal``: that too).

    What a key may not see is left out, or masked (phone numbers); asked for by name it is refused.
    Raises QueryInvalid with the nearest name, and what ``need`` raises.
    """
    known = {column.name: column for column in _all(registry, may)}
    if asked:
        return _asked(known, registry, asked, need)
    hidden = {column.name for column in BUILTINS if column.internal and not internal} | {TRANSCRIPT}
    hidden |= {metric.column for metric in registry.metrics if not metric.active}
    if not may("read:transcripts"):
        hidden |= _SPOKEN
    return [column for name, column in known.items() if name not in hidden]


def _all(registry: Registry, may: May) -> Iterator[Column]:
    for one in BUILTINS:
        sql = f"c.{one.name}"
        if one.name in _NUMBERS and not may("read:pii"):
            sql = _MASKED.format(sql)
        yield Column(one.name, sql, "String" in one.sql_type and "Array" not in one.sql_type)
    for metric in registry.metrics:
        yield Column(metric.column, f"c.`{metric.column}`", metric.type in ("text", "categorical"))
    yield Column(TRANSCRIPT, "t.said", True)


def _asked(known: dict[str, Column], registry: Registry, asked: Iterable[str], need: Need) -> list[Column]:
    """A metric may be asked for by its name too; the column is called what it is called in the table."""
    found: dict[str, Column] = {}
    for i, name in enumerate(asked):
        metric = registry.by_name.get(name)
        column = known.get(name) or (known.get(metric.column) if metric else None)
        if column is None:
            nearest = near(name, [*known, *registry.by_name])
            raise refusal(f"columns[{i}]", f"is {shown(name)}, and there is no such column", nearest=nearest)
        if column.name in _SPOKEN:
            need("read:transcripts")
        found[column.name] = column
    return list(found.values())
