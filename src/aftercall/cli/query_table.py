"""An answer of ``aftercall query`` for people (a table with bars or courses) and as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import Any

from aftercall.cli.output import console, say, shown, table

Answer = dict[str, Any]
_BAR = 24
_STEPS = "▁▂▃▄▅▆▇█"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a cell instead of showing it."""


def print_answer(answer: Answer, *, sql: bool = False) -> None:
    columns = answer["columns"]
    measures = [column for column in columns if column["role"] == "measure"]
    groups = [column for column in columns if column["role"] == "by"]
    if len(groups) and len(columns) > len(groups) + len(measures):
        _print_courses(answer, groups, measures)
    else:
        _print_rows(answer, columns, measures)
    say(_footer(answer))
    if sql and answer["sql"]:
        console().print(shown_sql(answer))


def _print_rows(answer: Answer, columns: Sequence[Any], measures: Sequence[Any]) -> None:
    keys = [column for column in columns if column["role"] != "measure"]
    first = measures[0]["name"]
    most = max((abs(row[first]) for row in answer["rows"] if _is_number(row[first])), default=0)
    rows = [
        [*(cell(row, column) for column in columns), bar(row[first], most) if keys else ""]
        for row in answer["rows"]
    ]
    heads = [("#" if column["role"] == "measure" else "") + column["name"] for column in columns]
    if answer["rows"] and keys:
        totals = answer["totals"] | {keys[0]["name"]: "all"}
        rows.append([*(cell(totals, column) if column["name"] in totals else "" for column in columns), ""])
    table("", [*heads, ""], rows, empty="no rows: nothing in this range meets the conditions")


def _print_courses(answer: Answer, groups: Sequence[Any], measures: Sequence[Any]) -> None:
    """One line for each group, with the course of its first measure and its newest values."""
    courses: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in answer["rows"]:
        courses.setdefault((row.get("other"), *(row[group["name"]] for group in groups)), []).append(row)
    first = measures[0]["name"]
    heads = [
        *(group["name"] for group in groups),
        *(f"#{one['name']} (last)" for one in measures),
        f"{first}",
    ]
    rows = [
        [
            *(cell(course[-1], group) for group in groups),
            *(cell(course[-1], one) for one in measures),
            line([row[first] for row in course]),
        ]
        for course in courses.values()
    ]
    table("", heads, rows, empty="no rows: nothing in this range meets the conditions")


def _footer(answer: Answer) -> str:
    told = answer["population"]
    text = f"{told['conversations']:,} conversations, {told['from']} to {told['to']} ({told['timezone']})"
    bases = ", ".join(
        f"{name} of {base['conversations']:,} ({base['base']})" for name, base in answer["bases"].items()
    )
    more = "; there are more groups: see --limit" if answer["truncated"] else ""
    mixed = "".join(
        f"; {shown(name)} by {len(versions)} versions of its definition"
        for name, versions in answer.get("mixed_versions", {}).items()
    )
    return f"{text}{f'; {bases}' if bases else ''}{mixed}{more}"


def shown_sql(answer: Answer) -> str:
    lines = [shown(line) for line in answer["sql"].splitlines()]
    values = [f"  {name} = {shown(value)}" for name, value in (answer["parameters"] or {}).items()]
    return "\n".join(["", *lines, *values])


def cell(row: dict[str, Any], column: dict[str, Any]) -> str:
    value = row.get(column["name"])
    if value is None:
        is_other = column["role"] == "by" and row.get("other")
        return "(other)" if is_other else "-"
    if isinstance(value, bool) or not _is_number(value):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return number(value, column["format"], column["unit"])


def number(value: float, format_: str, unit: str) -> str:
    """As people read it: 32.5 %, 1m 06s, 1,234."""
    if format_ == "percent":
        return f"{value * 100:.1f}%"
    if format_ == "duration":
        return duration(value)
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return f"{text} {unit}" if format_ == "currency" and unit else text


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"


def bar(value: Any, most: float) -> str:
    if not _is_number(value) or not most:
        return ""
    return _block() * max(int(abs(value) / most * _BAR + 0.5), 1 if value else 0)


def line(values: Sequence[Any]) -> str:
    """The course of numbers, the unknown ones as gaps."""
    known = [value for value in values if _is_number(value)]
    if not known:
        return ""
    low, high = min(0, *known), max(known)
    span = (high - low) or 1
    steps = _STEPS if _block() == "█" else "_.-=+*#%"
    return "".join(
        " " if not _is_number(value) else steps[round((value - low) / span * (len(steps) - 1))]
        for value in values
    )


def _block() -> str:
    return "█" if (sys.stdout.encoding or "").lower().startswith("utf") else "#"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def print_csv(answer: Answer) -> None:
    names = [column["name"] for column in answer["columns"]]
    other = any("other" in row for row in answer["rows"])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*map(guarded, names), *(["other"] if other else [])])
    for row in answer["rows"]:
        cells = [guarded(row.get(name)) for name in names]
        writer.writerow([*cells, *([str(bool(row.get("other"))).lower()] if other else [])])


def guarded(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe; numbers stay numbers."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
