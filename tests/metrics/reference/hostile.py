"""Questions that nobody means well: wrong types, huge numbers, NUL, half surrogate pairs and SQL wherever a
text may stand, in queries that are otherwise nearly right."""

from __future__ import annotations

import copy
from typing import Any, get_args

from hypothesis import strategies as st

from aftercall.metrics.query import Agg, Compare, Interval, Op
from tests.metrics.reference.questions import ITEMS, LISTS, NUMBERS, RATIOS
from tests.metrics.reference.streams import REGISTRY, UNREGISTERED, ZONES
from tests.web.hostile import texts, values

CANARY = "⟦canary⟧"
"""Never part of a column's name, so it can stand in no statement but as somebody's text."""
CANARIES = [
    CANARY,
    f"{CANARY}' OR 1=1 --",
    f"`{CANARY}`",
    f"\\'{CANARY}",
    f"{{{CANARY}:String}}",
    f"{{p1:String}}{CANARY}",
    f"'); DROP TABLE events; --{CANARY}",
    f"{CANARY}\0\t\n",
    f"%{CANARY}%",
    f"state.{CANARY}.'x'",
    f"attributes.{CANARY}",
    f"{CANARY}@agent",
    f"REASON@{CANARY}",
    f"Europe/{CANARY}",
]
canaries = st.sampled_from(CANARIES)
BUILTIN = ("conversations", "callers", "transcript", "started_at", "channel", "handoff", "repeat_contact")
names = st.sampled_from(
    [*REGISTRY, *UNREGISTERED, *NUMBERS, *RATIOS, *LISTS, *BUILTIN, "state.a.b", "attributes.0"]
)
any_name = st.one_of([names] * 6 + [texts, canaries])
scalars = st.sampled_from([1, 2.5, True, "x", "billing", 10**30, -(2**63), *ITEMS]) | texts | canaries
any_value = scalars | st.lists(scalars, max_size=3) | values


@st.composite
def nearly(draw: st.DrawFn, must: dict[str, Any], optional: dict[str, Any]) -> dict[str, Any]:
    """The fields of the first, a few of the second, and each nearly always of its kind."""
    made = {name: draw(kind) for name, kind in must.items()}
    chosen = draw(st.lists(st.sampled_from(list(optional)), max_size=4, unique=True))
    doubtful = not draw(st.integers(0, 5))
    for name in chosen:
        made[name] = draw(optional[name] | values if doubtful else optional[name])
    return made


def one_of(type_: Any) -> st.SearchStrategy[str]:
    return st.sampled_from(get_args(type_))


tests = nearly(
    {"field": any_name, "op": one_of(Op)},
    {"value": any_value, "speaker": st.sampled_from(["user", "agent", "x"])},
)


@st.composite
def where(draw: st.DrawFn, depth: int = 0) -> Any:
    """A function, as others below, because Hypothesis warns of strategies that take pages to print."""
    kind = draw(st.sampled_from(["test", "test", "test", "any", "all", "not"])) if depth < 3 else "test"
    if kind == "test":
        return draw(tests)
    if kind == "not":
        return {"not": draw(where(depth + 1))}
    return {kind: draw(st.lists(where(depth + 1), max_size=3))}


where_lists = st.lists(where(), max_size=2)
_measures = nearly(
    {"metric": any_name},
    {
        "agg": one_of(Agg),
        "source": st.sampled_from(["agent", "human", "nobody"]),
        "value": any_value,
        "base": st.sampled_from(["all", "known"]) | st.fixed_dictionaries({"metric": any_name}),
        "where": where_lists,
        "multiplier": st.floats() | st.integers(),
        "as": texts | canaries,
    },
)


@st.composite
def measure(draw: st.DrawFn) -> Any:
    made = draw(_measures)
    return {**made, "divide_by": draw(_measures)} if not draw(st.integers(0, 4)) else made


measures = measure()
moments = st.sampled_from(
    ["2026-03-01", "2026-03-29T01:30", "2026-03-29T01:30Z", "0001-01-01", "9999-12-31", "soon"]
)
overs = st.one_of(
    st.sampled_from(
        [{"all": True}, {"last": "7d"}, {"last": "99999mo"}, {"last": "99999h"}, {"preset": "this_year"}]
    ),
    st.fixed_dictionaries({"last": texts | canaries}),
    st.fixed_dictionaries({"preset": texts | canaries}),
    st.fixed_dictionaries({}, optional={"from": moments | texts, "to": moments | canaries}),
)
groups = any_name | nearly(
    {"field": any_name},
    {"bucket": st.sampled_from([10, 0.1, 1e-300, "day", "hour_of_day"]) | texts, "as": texts | canaries},
)
_queries = nearly(
    {},
    {
        "measures": st.lists(measures, max_size=3),
        "over": overs,
        "timezone": st.sampled_from(ZONES) | texts | canaries,
        "interval": one_of(Interval) | texts,
        "by": st.lists(groups, max_size=4),
        "where": where_lists,
        "divide_by": measures,
        "compare": one_of(Compare) | texts,
        "having": st.lists(nearly({"measure": any_name, "op": one_of(Op)}, {"value": any_value}), max_size=2),
        "sort": st.lists(
            nearly({"field": any_name}, {"order": st.sampled_from(["asc", "desc"])}), max_size=2
        ),
        "limit": st.integers(-1, 10_001) | st.just(10**30),
        "other": st.booleans(),
    },
)


@st.composite
def query(draw: st.DrawFn) -> Any:
    return draw(_queries)


queries = query()
_drills = nearly(
    {"query": queries},
    {
        "row": st.dictionaries(any_name | st.sampled_from(["bucket", "other"]), any_value, max_size=3),
        "measure": any_name,
        "side": st.sampled_from(["value", "base"]) | texts,
        "limit": st.integers(-1, 1_001),
        "cursor": texts | canaries,
    },
)


@st.composite
def drill(draw: st.DrawFn) -> Any:
    return draw(_drills)


@st.composite
def anything(draw: st.DrawFn) -> Any:
    return draw(values)


@st.composite
def poisoned(draw: st.DrawFn, good: dict[str, Any]) -> dict[str, Any]:
    """A good query with a canary in place of some of its texts."""
    made = copy.deepcopy(good)
    for holder, key in draw(st.lists(st.sampled_from(list(_leaves(made))), min_size=1, max_size=3)):
        holder[key] = draw(canaries)
    return made


def _leaves(node: Any) -> Any:
    """(object or list, key) of every text."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, dict | list):
            yield from _leaves(value)
        elif isinstance(value, str):
            yield node, key
