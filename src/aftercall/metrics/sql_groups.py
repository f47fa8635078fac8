"""What rows are grouped by, as SQL: the interval's bucket, each ``by``, and which of its values are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aftercall.metrics.plan import GroupPlan
from aftercall.metrics.scope import Sql

_DATES = {
    "day": "toDate",
    "week": "toMonday",
    "month": "toStartOfMonth",
    "quarter": "toStartOfQuarter",
    "year": "toStartOfYear",
}


@dataclass(frozen=True)
class Top:
    """Values of the first ``by`` that are shown; ``texts`` as the engine writes them. ``other``: the rest is
    one more group, and not left out."""

    texts: tuple[str, ...]
    null: bool
    other: bool

    def holds(self, value: str, sql: Sql) -> str:
        """Whether a value is among them."""
        listed = f"has({sql.values.texts(self.texts)}, ifNull(toString({value}), ''))"
        return f"if(isNull({value}), {_boolean(self.null)}, {listed})"

    def holds_text(self, field: str, sql: Sql) -> str:
        """The same of a text: quicker, because the engine looks a column's dictionary up once."""
        return f"ifNull({field} IN {sql.values.texts(self.texts)}, {_boolean(self.null)})"

    def holds_key(self, group: GroupPlan, made: Key, sql: Sql) -> str:
        if group.operand.facts.type in ("text", "categorical", "natural"):
            return self.holds_text(made.expression, sql)
        return self.holds(made.expression, sql)


@dataclass(frozen=True)
class Key:
    """``join``: the array that the rows are multiplied by first, where the field is a list."""

    expression: str
    join: str = ""


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def bucket_key(starts: Sequence[int], sql: Sql) -> str:
    """The start of the bucket in epoch milliseconds."""
    array = sql.values.bind(list(starts), "Array(Int64)")
    return f"roundDown(toUnixTimestamp64Milli(c.started_at), {array})"


def keys(by: Sequence[GroupPlan], top: Top | None, sql: Sql) -> tuple[list[Key], str]:
    """A key for each ``by``; and whether a row is of the other group, "" where there is none."""
    found = [key(group, f"e{i}", sql) for i, group in enumerate(by)]
    if top is None or not top.other:
        return found, ""
    first = found[0]
    if not first.join:
        shown = top.holds_key(by[0], first, sql)
        return [_unless_other(one, shown) for one in found], f"NOT {shown}"
    # Each conversation once in the other group, however many of its entries are in it.
    shown = top.holds("v", sql)
    array = f"arrayDistinct(arrayMap(v -> (NOT {shown}, if({shown}, v, NULL)), {first.join}))"
    return [Key("e0.2", array), *(_unless_other(one, "NOT e0.1") for one in found[1:])], "e0.1"


def _unless_other(one: Key, shown: str) -> Key:
    """The other group is one, whatever further keys its conversations have."""
    return Key(f"if({shown}, {one.expression}, NULL)", one.join)


def key(group: GroupPlan, entry: str, sql: Sql) -> Key:
    """``entry``: what one entry is called where the field is a list."""
    value = group.operand.value(sql)
    if group.is_list:
        # No entry is a value of its own: unknown.
        entries = f"arrayMap(v -> toNullable(toString(v)), arrayDistinct({value}))"
        return Key(entry, f"if(empty({value}), [NULL], {entries})")
    if group.bucket is None:
        return Key(value)
    if isinstance(group.bucket, float):
        width = sql.values.bind(group.bucket, "Float64")
        return Key(f"floor({value} / {width}) * {width}")
    zone = sql.values.text(sql.timezone)
    if group.bucket == "hour_of_day":
        return Key(f"toHour({value}, {zone})")
    if group.bucket == "day_of_week":
        return Key(f"toDayOfWeek({value}, 0, {zone})")
    return Key(f"{_DATES[group.bucket]}(toTimeZone({value}, {zone}))")
