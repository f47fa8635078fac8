"""An Answer in sentences. Each number in them is claimed with the place it is read from."""

from __future__ import annotations

from collections.abc import Sequence

from aftercall.analyst.answer.claims import Claims
from aftercall.analyst.answer.wheres import conditions, range_text
from aftercall.analyst.planner.plan import Plan
from aftercall.metrics.answer import Answer, Column, Row
from aftercall.metrics.query import Query

_NAMED = 3
"""So many rows are named in the text; the table has them all."""
_DAYS = ("", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def sentences(plan: Plan, answer: Answer, claims: Claims) -> str:
    assert plan.query is not None
    writer = _Writer(plan.query, answer, claims)
    if plan.then == "mean":
        told = writer.mean()
    elif plan.query.by and not plan.query.interval:
        told = writer.groups()
    elif plan.query.interval:
        told = writer.course()
    else:
        told = writer.totals()
    for note in plan.notes:
        claims.label(note, "note")
    return " ".join([*told, *writer.unknown(), *plan.notes])


class _Writer:
    def __init__(self, query: Query, answer: Answer, claims: Claims) -> None:
        self._query, self._answer, self._claims = query, answer, claims
        self._measures = [column for column in answer.columns if column.role == "measure"]
        self._keys = [column for column in answer.columns if column.role == "by"]

    def totals(self) -> list[str]:
        told = []
        for measure in self._measures:
            value = self._answer.totals.get(measure.name)
            if value is None:
                told.append(
                    f"{measure.label or measure.name} is not known: no conversation {self._of()} tells it."
                )
                continue
            told.append(
                f"{self._value(value, measure, f'totals.{measure.name}')} {self._what(measure)} {self._of()}."
            )
            told += self._beside(measure)
        return told

    def groups(self) -> list[str]:
        rows = [row for row in self._answer.rows if any(row[key.name] is not None for key in self._keys)]
        if not rows:
            return [f"Nothing to show {self._of()}."]
        measure = self._measures[0]
        named = [self._row(row, measure) for row in rows[:_NAMED]]
        label = measure.label or measure.name
        told = [f"{label}, {self._of()}: {', '.join(named)}."]
        if len(rows) > _NAMED:
            rest = len(rows) - _NAMED
            count = self._claims.worked_out(rest, "count of the other rows", ["rows"])
            told.append(f"{count} more in the table.")
        return told

    def course(self) -> list[str]:
        """From the first bucket to the last, and the highest and the lowest between."""
        told = []
        for measure in self._measures[:2]:
            known = [(i, row) for i, row in enumerate(self._answer.rows) if row[measure.name] is not None]
            if self._keys or not known:
                continue
            high = max(known, key=lambda one: one[1][measure.name])
            low = min(known, key=lambda one: one[1][measure.name])
            label = measure.label or measure.name
            told.append(
                f"{label} {self._of()}: from {self._bucket(known[0], measure)} to"
                f" {self._bucket(known[-1], measure)}; most {self._bucket(high, measure)}, least"
                f" {self._bucket(low, measure)}."
            )
        return told or [f"{len(self._measures) and self._measures[0].label} {self._of()}, in the table."]

    def mean(self) -> list[str]:
        """Of the buckets that are whole or begun: every one of the range counts."""
        measure, rows = self._measures[0], self._answer.rows
        values = [row[measure.name] for row in rows if row[measure.name] is not None]
        if not values:
            return [f"Nothing to show {self._of()}."]
        places = [f"rows[{i}].{measure.name}" for i in range(len(rows))]
        mean = self._claims.worked_out(round(sum(values) / len(values), 4), "mean of the rows", places)
        count = self._claims.worked_out(len(values), "count of the rows", ["rows"])
        total = self._value(sum(values), measure, f"sum of rows[].{measure.name}")
        return [f"On average {mean} per {self._query.interval} {self._of()}: {total} in {count} of them."]

    def unknown(self) -> list[str]:
        """Where something was written and is not known, or does not fit, the reader is told."""
        told = []
        for measure in self._measures[:1]:
            missing = self._answer.missing.get(measure.name)
            if missing is not None and (missing.null or missing.invalid):
                null = self._claims.number(missing.null, f"missing.{measure.name}.null")
                invalid = self._claims.number(missing.invalid, f"missing.{measure.name}.invalid")
                told.append(f"Not known in {null} conversations, invalid in {invalid}.")
        return told

    # --- pieces

    def _of(self) -> str:
        population = self._answer.population
        range_ = range_text(population.since, population.to, population.timezone)
        for part in range_.split():
            self._claims.label(part, "population.from, population.to")
        self._claims.label(range_, "population.from, population.to")
        where = conditions(self._query)
        if where:
            self._claims.label(where, "query.where")
        return f"{f'where {where}, ' if where else ''}{range_}"

    def _what(self, measure: Column) -> str:
        base = self._answer.bases.get(measure.name)
        if base is None:
            label = (measure.label or measure.name).strip()
            return label[:1].lower() + label[1:] if label.istitle() else label
        count = self._claims.number(base.conversations, f"bases.{measure.name}.conversations")
        kind = {"all": "conversations", "known": "conversations in which it is known"}
        told = kind.get(base.base, f"conversations with {base.base}")
        return f"of {count} {told}: {measure.label or measure.name}"

    def _value(self, value: float, measure: Column, source: str) -> str:
        return self._claims.number(value, source, measure.format, measure.unit)

    def _row(self, row: Row, measure: Column) -> str:
        place = self._answer.rows.index(row)
        keys = [self._key(row[key.name], key, f"rows[{place}].{key.name}") for key in self._keys]
        value = row[measure.name]
        told = "unknown" if value is None else self._value(value, measure, f"rows[{place}].{measure.name}")
        return f"{' / '.join(keys)} {told}"

    def _key(self, value: object, key: Column, source: str) -> str:
        if key.name == "day_of_week" and isinstance(value, int):
            return _DAYS[value]
        if key.name == "hour_of_day" and isinstance(value, int):
            return self._claims.label(f"{value:02}:00", source)
        text = str(value)[:10] if key.type in ("time", "date") and value is not None else value
        return self._claims.label(text, source)

    def _bucket(self, one: tuple[int, Row], measure: Column) -> str:
        i, row = one
        value = self._value(row[measure.name], measure, f"rows[{i}].{measure.name}")
        start = str(row["bucket"])
        text = start[:10] if start[11:19] == "00:00:00" else start[:16].replace("T", " ")
        return f"{value} ({self._claims.label(text, f'rows[{i}].bucket')})"

    def _beside(self, measure: Column) -> Sequence[str]:
        """The change against the compared period."""
        previous = self._answer.previous
        if previous is None:
            return ()
        now, then = self._answer.totals.get(measure.name), previous.totals.get(measure.name)
        range_ = range_text(previous.population.since, previous.population.to, previous.population.timezone)
        self._claims.label(range_, "previous.population.from, previous.population.to")
        if now is None or then is None:
            return [f"The period before ({range_}) has no value to compare."]
        of = [f"totals.{measure.name}", f"previous.totals.{measure.name}"]
        before = self._value(then, measure, of[1])
        change = self._claims.worked_out(abs(now - then), "difference", of, measure.format, measure.unit)
        word = "the same as" if now == then else f"{change} {'more' if now > then else 'less'} than"
        told = [f"That is {word} the {before} {range_}."]
        if then and now != then and measure.format != "percent":
            share = self._claims.worked_out((now - then) / abs(then), "relative difference", of, "percent")
            told.append(f"Change: {share}.")
        return told
