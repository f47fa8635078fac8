"""Hypothesis strategies for Queries that can be asked of the stories of streams.py: every aggregate, operator
and clause, in any mixture that is valid."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.metrics.reference.derived import OWN_RATIOS
from tests.metrics.reference.measure import name_of
from tests.metrics.reference.span import DAY, HOUR, label
from tests.metrics.reference.streams import ANCHORS, REGISTRY, TEXTS, UNREGISTERED, ZONES, Story
from tests.metrics.reference.where import UTC

Query = dict[str, Any]
Condition = dict[str, Any]

NUMBERS = (
    *["duration", "num_turns", "agent_duration", "num_user_words", "latency_avg", "first_response"],
    *["agent_talk_seconds", "words_per_turn", "talk_ratio", "num_handoffs", "cost_saved"],
    *["SCORE", "GUESTS", "SCORE@agent", "GUESTS@extraction", "SCORE@import"],
)
BOOLEANS = (
    *["handoff", "contained", "abandoned", "repeat_contact", "disagreement", "in_progress"],
    *["BOOKED", "RESOLVED", "BOOKED@agent", "RESOLVED@extraction", "BOOKED@human"],
    *["RESOLVED@disagreement", "WILD@disagreement", "REASON@disagreement"],
)
LABELS = (
    *[
        "channel",
        "environment",
        "variant_name",
        "language",
        "ended_reason",
        "handoff_reason",
        "REASON",
        "NOTE",
    ],
    *["REASON@agent", "NOTE@agent"],
    "a`b'; -- {p1:String}",
)
NATURAL = (*UNREGISTERED, "WILD@agent", "state.intent", "state.n", "state.intent.name", "attributes.crm")
LISTS = ("tags", "functions", "function_failures", "flows", "steps")
RATIOS = (
    *["containment", "abandonment", "repeat_contact_rate", "disagreement_rate", "function_error_rate"],
    *OWN_RATIOS,
)
OPTIONS = REGISTRY["REASON"].options
NUMERIC_AGGS = ("sum", "avg", "min", "max", "p50", "p95", "p99", "distinct", "conversations", "callers")
ITEMS = ("vip", "test", "book", "main", "ask", "nobody's")

some_numbers = st.sampled_from([0, 1, 2, 2.5, 40, 61, -3, 0.25])
texts = st.sampled_from(
    [*TEXTS, "voice", "live", "calm", "asked", "INSURANCE", "é", "%", "_", "\\", "billing"]
)


def pick(*fields: str) -> st.SearchStrategy[str]:
    return st.sampled_from(fields)


def condition(
    fields: st.SearchStrategy[str], ops: list[str], values: st.SearchStrategy[Any] | None = None
) -> st.SearchStrategy[Condition]:
    told = {"field": fields, "op": st.sampled_from(ops)}
    return st.fixed_dictionaries(told if values is None else {**told, "value": values})


def several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=1, max_size=3)


def labels() -> st.SearchStrategy[str]:
    return pick(*(name for name in LABELS if not name.startswith("REASON")))


def first_of(test: Condition) -> Condition:
    """``eq`` takes one value."""
    return {**test, "value": test["value"][0]} if test["op"] == "eq" else test


times = st.sampled_from(
    [day for anchor in ANCHORS for day in (anchor[:10], f"{anchor[:8]}01", f"{anchor[:13]}:30Z", anchor[:16])]
)
reasons = st.sampled_from([*OPTIONS, "BILLING", " other "])
words = st.sampled_from(
    ["insurance", "CARD insurance", "hello", "billing", "mañana sí", "i'd", "nowhere", "12"]
)
naturals = st.sampled_from([True, False, 1, 2, 2.5, "1", "x", "book", "S", "true", 38])
tests = st.one_of(
    condition(pick(*BOOLEANS), ["eq", "ne"], st.booleans()),
    condition(pick(*BOOLEANS, *NUMBERS, *LABELS, *NATURAL), ["flagged", "not_flagged"]),
    condition(pick(*BOOLEANS, *NUMBERS, *LABELS, *NATURAL, *LISTS), ["exists", "not_exists"]),
    condition(
        pick(*REGISTRY, *UNREGISTERED, "SCORE@agent", "NOTE@human"), ["is_invalid", "written", "not_written"]
    ),
    condition(pick(*NUMBERS), ["eq", "ne", "gt", "gte", "lt", "lte"], some_numbers),
    condition(pick(*NUMBERS), ["in", "not_in"], several(some_numbers)),
    condition(pick(*NUMBERS), ["between"], st.lists(some_numbers, min_size=2, max_size=2).map(sorted)),
    condition(labels(), ["eq", "ne"], texts),
    condition(labels(), ["contains", "not_contains"], texts.filter(bool)),
    condition(labels(), ["in", "not_in"], several(texts)),
    condition(pick("REASON", "REASON@agent"), ["eq", "ne"], reasons),
    condition(pick("REASON", "REASON@extraction"), ["in", "not_in"], several(reasons)),
    condition(pick("REASON"), ["contains"], st.sampled_from(["ill", "NEW", "x"])),
    condition(pick(*NATURAL), ["eq", "ne"], naturals),
    condition(pick(*NATURAL), ["in", "not_in"], several(naturals)),
    condition(pick(*NATURAL), ["gt", "lte"], some_numbers),
    condition(pick(*LISTS), ["contains", "not_contains"], st.sampled_from(ITEMS)),
    condition(pick(*LISTS), ["in", "not_in"], several(st.sampled_from(ITEMS))),
    condition(pick("started_at", "ended_at"), ["gt", "gte", "lt", "lte", "eq", "ne"], times),
    condition(pick("started_at"), ["between"], st.lists(times, min_size=2, max_size=2)),
    condition(pick("hour_of_day", "day_of_week"), ["eq", "in"], several(st.integers(0, 23))).map(first_of),
    st.fixed_dictionaries(
        {"field": st.just("transcript"), "op": pick("contains", "not_contains"), "value": words},
        optional={"speaker": pick("user", "agent")},
    ),
)
where = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=4,
)
wheres = st.one_of(st.just([]), st.just([]), st.lists(where, min_size=1, max_size=2))
bases = st.sampled_from(["all", "known", {"metric": "BOOKED"}, {"metric": "NOTE"}])


def measure(
    metric: st.SearchStrategy[str], agg: st.SearchStrategy[str] | None, **optional: st.SearchStrategy[Any]
) -> st.SearchStrategy[Query]:
    told: dict[str, Any] = {"metric": metric} if agg is None else {"metric": metric, "agg": agg}
    return st.fixed_dictionaries(told, optional={"where": wheres, **optional})


simple = st.one_of(
    measure(st.just("conversations"), pick("conversations", "callers")),
    measure(st.just("callers"), None),
    measure(pick(*NUMBERS), pick(*NUMERIC_AGGS)),
    measure(pick(*BOOLEANS), st.just("rate"), base=bases),
    measure(pick(*BOOLEANS), pick("sum", "avg", "conversations", "callers", "distinct")),
    measure(labels(), st.just("rate"), base=bases, value=texts).filter(lambda m: "value" in m),
    measure(st.just("REASON"), st.just("rate"), base=bases, value=reasons).filter(lambda m: "value" in m),
    measure(pick(*LABELS), pick("conversations", "callers", "distinct")),
    measure(pick(*NATURAL), pick("conversations", "callers", "distinct")),
    measure(pick(*NATURAL), pick("sum", "avg", "max")),
    measure(pick(*NATURAL), st.just("rate"), value=naturals, base=bases),
    measure(pick(*REGISTRY, *UNREGISTERED, "SCORE@agent", "BOOKED@human"), st.just("events")),
    measure(pick("SCORE", "WILD"), pick("events", "conversations"), source=pick("agent", "extraction")),
    measure(pick(*RATIOS), None),
    measure(pick("tags", "functions"), pick("conversations", "callers")),
    measure(pick("started_at", "ended_at"), pick("min", "max", "conversations")),
    st.fixed_dictionaries(
        {
            "metric": pick("conversations", "channel", "SCORE"),
            "agg": st.just("rate"),
            "where": st.lists(where, min_size=1, max_size=2),
        }
    ),
)
divisors = simple.filter(lambda m: m["metric"] not in (*RATIOS, "started_at", "ended_at"))


@st.composite
def measures(draw: st.DrawFn) -> Query:
    made = dict(draw(simple))
    if not draw(st.integers(0, 6)) and divisible(made):
        made["divide_by"] = draw(divisors)
        if draw(st.booleans()):
            made["multiplier"] = 100.0
    return made


def divisible(made: Query) -> bool:
    return made["metric"] not in ("started_at", "ended_at", "function_error_rate", *OWN_RATIOS)


groups = st.one_of(
    pick(*LABELS, *BOOLEANS, *LISTS),
    pick("hour_of_day", "day_of_week", "GUESTS", "num_turns", "WILD", "state.intent"),
    st.fixed_dictionaries(
        {"field": pick("duration", "SCORE", "num_user_words"), "bucket": st.sampled_from([10.0, 2.5])}
    ),
    st.fixed_dictionaries(
        {"field": pick("started_at", "ended_at"), "bucket": pick("day", "month", "hour_of_day")}
    ),
)


def field_of(group: Any) -> str:
    return str(group if isinstance(group, str) else group["field"])


@st.composite
def overs(draw: st.DrawFn, story: Story) -> Query:
    """Mostly ranges that hold some of the story."""
    if draw(st.booleans()):
        told = st.sampled_from(["1h", "12h", "1d", "2d", "5d", "1w", "1mo", "3mo"])
        return {"last": draw(told)}
    presets = ["today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_year"]
    kind = draw(st.sampled_from(["preset", "dates", "times", "all", "half"]))
    if kind == "preset":
        return {"preset": draw(st.sampled_from(presets))}
    if kind == "all":
        return {"all": True}
    first = story.now - draw(st.integers(0, 5)) * DAY
    end = first + draw(st.integers(0, 4)) * DAY
    if kind == "dates":
        return {"from": label(first, UTC)[:10], "to": label(end, UTC)[:10]}
    if kind == "half":
        return {draw(pick("from", "to")): label(first, UTC)[:10]}
    told_end = label(end + draw(st.integers(0, 30)) * HOUR // 2, UTC)
    later = label(end + DAY, UTC)
    return {"from": label(first, UTC)[:16], "to": draw(st.sampled_from([later, told_end[:16]]))}


@st.composite
def questions(draw: st.DrawFn, story: Story) -> Query:
    asked = draw(st.lists(measures(), min_size=1, max_size=3, unique_by=name_of))
    over = draw(overs(story))
    query: Query = {
        "measures": asked,
        "over": over,
        "timezone": draw(st.sampled_from(ZONES)),
        "where": draw(wheres),
    }
    by = draw(st.lists(groups, max_size=draw(st.sampled_from([0, 1, 1, 2, 3])), unique_by=field_of))
    if by:
        query["by"] = by
    if draw(st.booleans()):
        query["interval"] = draw(st.sampled_from(intervals(over)))
    closed = "last" in over or "preset" in over or ("from" in over and "to" in over)
    if closed and not draw(st.integers(0, 3)):
        units = ["period", "period", "day", "week", "month", "year"]
        query["compare"] = "previous_" + draw(st.sampled_from(units))
    if not draw(st.integers(0, 7)):
        query["divide_by"] = draw(divisors)
        for one in asked:
            one.pop("divide_by", None)
        query["measures"] = [one for one in asked if divisible(one)] or [{}]
    if by:
        ranking(draw, query)
    return query


def intervals(over: Query) -> list[str]:
    """Finer ones only where they give few buckets."""
    coarse = ["day", "week", "month", "quarter", "year"]
    short = over.get("last") in ("1h", "12h", "1d", "2d") or over.get("preset") in ("today", "yesterday")
    return [*coarse, "hour", "hour", "15m"] if short else coarse


def ranking(draw: st.DrawFn, query: Query) -> None:
    """having, sort, limit and other, each sometimes."""
    names = [name_of(one) for one in query["measures"]]
    numeric = [name for name in names if not name.startswith(("started_at", "ended_at"))]
    if numeric and not draw(st.integers(0, 4)):
        ops = st.sampled_from(["gt", "gte", "lt", "lte", "ne", "eq"])
        having = {"measure": pick(*numeric), "op": ops, "value": st.sampled_from([0.0, 1.0, 2.0, 0.5, 30.0])}
        query["having"] = [draw(st.fixed_dictionaries(having))]
    if not draw(st.integers(0, 3)):
        keys = [*names, *(field_of(group) for group in query["by"])]
        query["sort"] = [{"field": draw(pick(*keys)), "order": draw(pick("asc", "desc"))}]
    if not draw(st.integers(0, 2)):
        query["limit"] = draw(st.integers(1, 3))
        if len(query["by"]) == 1 and draw(st.booleans()):
            query["other"] = True
