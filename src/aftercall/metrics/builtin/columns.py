"""The wide table's own columns as fields: facts made of model/builtins.py."""

from __future__ import annotations

from aftercall.catalog.principal import Scope
from aftercall.metrics.facts import Facts, Kind
from aftercall.metrics.query import Agg
from aftercall.model.builtins import BUILTINS, Builtin

_INTERNAL = frozenset({"version", "is_deleted", "attributes", "state"})
"""Not fields by themselves; state and attributes are, by path."""
_SCOPES: dict[str, Scope] = {"from_number": "read:pii", "to_number": "read:pii"}
SHORT_NAMES = {"variant": "variant_name", "functions": "function_names"}
"""Other names that a question may use for a field."""
_AGGS: dict[Kind, Agg] = {"text": "distinct", "time": "max", "boolean": "rate", "list": "conversations"}
_FEWER_IS_BETTER = frozenset({"latency_max", "num_errors", "num_ood"})


def _facts(column: Builtin) -> Facts:
    kind = _kind(column.sql_type)
    text = kind == "text"
    return Facts(
        name=column.name,
        display_name=column.name.removeprefix("num_").replace("_", " ").capitalize(),
        definition=f"{column.about}.",
        type=kind,
        # An empty text is how the columns that cannot be NULL say that nothing is known.
        sql=f"nullIf(c.{column.name}, '')"
        if text and "Nullable" not in column.sql_type
        else f"c.{column.name}",
        unit="" if column.unit == "UTC" else column.unit,
        better="down" if column.name in _FEWER_IS_BETTER else "none",
        agg=_AGGS.get(kind, "avg"),
        empty_values=("",) if text else (),
        scope=_SCOPES.get(column.name),
        synonyms=tuple(short for short, name in SHORT_NAMES.items() if name == column.name),
    )


def _kind(sql_type: str) -> Kind:
    if "Array(" in sql_type:
        return "list"
    if "String" in sql_type:
        return "text"
    if "DateTime" in sql_type:
        return "time"
    if sql_type == "Bool":
        return "boolean"
    return "number" if "Float" in sql_type else "integer"


FACTS = tuple(
    _facts(column)
    for column in BUILTINS
    if column.name not in _INTERNAL and not column.name.startswith("write_")
)
HOUR_OF_DAY = Facts(
    name="hour_of_day",
    display_name="Hour of day",
    definition="The hour of its start on the clock of the query's time zone, 0 to 23.",
    type="integer",
    sql=lambda sql: f"toHour(c.started_at, {sql.values.text(sql.timezone)})",
)
DAY_OF_WEEK = Facts(
    name="day_of_week",
    display_name="Day of week",
    definition="The day of its start in the query's time zone: 1 is Monday, 7 is Sunday.",
    type="integer",
    sql=lambda sql: f"toDayOfWeek(c.started_at, 0, {sql.values.text(sql.timezone)})",
)
CLOCK = (HOUR_OF_DAY, DAY_OF_WEEK)
