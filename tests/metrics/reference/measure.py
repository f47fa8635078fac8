"""One number of a group of conversations: every aggregate, and what its number rests on."""

from __future__ import annotations

import math
from typing import Any

from tests.metrics.reference.call import Call
from tests.metrics.reference.derived import KNOWN_BASE, RATIOS
from tests.metrics.reference.values import Cell, Metric, flagged, written
from tests.metrics.reference.values import plain as text
from tests.metrics.reference.where import TIMES, cell, fitted, matches, same, split

Measure = dict[str, Any]
Number = float | int | None
TEXT_FIELDS = ("channel", "environment", "variant_name", "language", "ended_reason", "handoff_reason")
ONE_MEANING = frozenset({"conversations", "callers", *RATIOS})


def name_of(measure: Measure) -> str:
    """Its key in the answer: as asked, else metric.agg; where there is but one meaning the name."""
    metric, agg = measure.get("metric", "conversations"), measure.get("agg")
    if measure.get("as"):
        return str(measure["as"])
    if metric in ONE_MEANING and agg in (None, "value", metric):
        return str(metric)
    return f"{field_of(measure)}.{agg}"


def field_of(measure: Measure) -> str:
    source = measure.get("source")
    return str(measure.get("metric", "conversations")) + (f"@{source}" if source else "")


def counts_where(calls: list[Call], measure: Measure) -> bool:
    """A rate of texts or numbers is of those that its ``where`` names, so that does not narrow its base."""
    if measure.get("agg") != "rate" or measure.get("value") is not None:
        return False
    field = field_of(measure)
    name, _ = split(field)
    metric = calls[0].registry.get(name) if calls else None
    return metric.type != "boolean" if metric else field in ("conversations", *TEXT_FIELDS)


def counted(calls: list[Call], measure: Measure) -> list[Call]:
    """The conversations that the measure looks at."""
    if counts_where(calls, measure):
        return calls
    return [c for c in calls if all(matches(c, each) for each in measure.get("where", []))]


def evaluate(calls: list[Call], measure: Measure) -> Number:
    result = plain(counted(calls, measure), measure)
    if measure.get("divide_by"):
        result = quotient(result, evaluate(calls, measure["divide_by"]))
    if result is not None and measure.get("multiplier") is not None:
        result *= measure["multiplier"]
    return result


def quotient(one: Number, other: Number) -> Number:
    return None if one is None or not other else one / other


def plain(calls: list[Call], measure: Measure) -> Number:
    """Of the conversations it looks at."""
    field, agg = field_of(measure), measure.get("agg", "conversations")
    if field in RATIOS:
        return evaluate(calls, RATIOS[field])
    if field == "callers" and measure.get("agg") is None:
        return callers(calls)
    if agg == "events":
        name, source = split(field)
        return sum(written(w, c.registry.get(name)).known for c in calls for w in c.writes(name, source))
    if agg == "rate":
        over = base(calls, measure)
        return quotient(sum(true(c, measure) for c in over), len(over))
    having = calls if field == "conversations" else [c for c in calls if known(c, field)]
    if agg == "conversations":
        return len(having)
    if agg == "callers":
        return callers(having)
    values = [cell(c, field).value for c in having]
    if field in TIMES:
        return None if not values else min(values) if agg == "min" else max(values)
    if agg == "distinct":
        return len({text(v) for v in values})
    return aggregate([float(v) for v in values if isinstance(v, bool | int | float)], agg)


def known(call: Call, field: str) -> bool:
    have = cell(call, field)
    return have.known and have.value != []


def callers(calls: list[Call]) -> int:
    return len({c.number for c in calls if c.number})


def true(call: Call, measure: Measure) -> bool:
    """Whether it is in a rate's numerator: true, or the value that was asked for."""
    field, value = field_of(measure), measure.get("value")
    if counts_where([call], measure):
        here = all(matches(call, each) for each in measure.get("where", []))
        return here and (field == "conversations" or known(call, field))
    if value is not None:
        have = cell(call, field)
        return have.known and same(have.value, fitted(value, call.registry.get(split(field)[0])))
    return cell(call, field).value is True


def base_name(measure: Measure, registry: dict[str, Metric]) -> Any:
    name, _ = split(field_of(measure))
    metric = registry.get(name)
    natural = metric.base if metric else "known" if name in KNOWN_BASE else "all"
    if field_of(measure).endswith("@disagreement"):
        natural = "known"
    elif metric and "@" in field_of(measure):
        natural = "known" if field_of(measure).endswith("@extraction") else "all"
    return measure.get("base") or natural


def base(calls: list[Call], measure: Measure) -> list[Call]:
    """The conversations that a rate is a share of."""
    if not calls:
        return []
    told = base_name(measure, calls[0].registry)
    if isinstance(told, dict):
        metric = calls[0].registry.get(told["metric"])
        empty = metric.empty_values if metric else Metric("", "text").empty_values
        return [c for c in calls if flagged(cell(c, told["metric"]), empty)]
    return [c for c in calls if known(c, field_of(measure))] if told == "known" else calls


def makers(calls: list[Call], measure: Measure, side: str) -> list[Call]:
    """The conversations that make the number: of a rate the numerator, of a ratio what is above the line;
    of their other side the base, and what is below."""
    field, agg = field_of(measure), measure.get("agg", "conversations")
    if side == "base" and measure.get("divide_by"):
        return makers(calls, measure["divide_by"], "value")
    calls = counted(calls, measure)
    if field in RATIOS:
        return makers(calls, RATIOS[field], side)
    if agg == "rate":
        over = base(calls, measure)
        return over if side == "base" else [c for c in over if true(c, measure)]
    if field == "conversations" or field == "callers":
        return [c for c in calls if c.number] if "callers" in (agg, field) else calls
    if agg == "events":
        return [c for c in calls if plain([c], {**measure, "where": []})]
    found = [c for c in calls if known(c, field)]
    if agg == "callers":
        return [c for c in found if c.number]
    if agg in ("conversations", "distinct") or field in TIMES:
        return found
    return [c for c in found if isinstance(cell(c, field).value, bool | int | float)]


def aggregate(values: list[float], agg: str) -> Number:
    """None of nothing."""
    if not values:
        return None
    if agg == "sum":
        return math.fsum(values)
    if agg == "avg":
        return math.fsum(values) / len(values)
    if agg in ("min", "max"):
        return min(values) if agg == "min" else max(values)
    return percentile(sorted(values), int(agg[1:]) / 100)


def percentile(values: list[float], level: float) -> float:
    """Between the two values around the place, as a spreadsheet's PERCENTILE.INC."""
    place = (len(values) - 1) * level
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def missing(calls: list[Call], measure: Measure) -> dict[str, int]:
    """Conversations without a usable value, by why. Conversations and callers are no values of one."""
    field = field_of(measure)
    if field in RATIOS:
        return missing(counted(calls, measure), RATIOS[field])
    if field in ("conversations", "callers"):
        return dict.fromkeys(("null", "not_written", "invalid"), 0)
    cells: list[Cell] = [cell(c, field) for c in counted(calls, measure)]
    states = ["null" if one.value == [] else one.state for one in cells]
    return {state: states.count(state) for state in ("null", "not_written", "invalid")}
