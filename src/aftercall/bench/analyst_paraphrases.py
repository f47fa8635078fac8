"""Questions made by chance over registries made by chance: that the grammar knows no project by heart."""

from __future__ import annotations

import random
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aftercall.analyst.access import Transcript, no_conversation
from aftercall.analyst.planner import Plan, Planner
from aftercall.metrics import builtin
from aftercall.metrics.answer import Answer, BehindPage, Population
from aftercall.metrics.facts import Facts
from aftercall.metrics.query import Drill, Query
from aftercall.model.times import parse_ms

_NOUNS = [
    "order",
    "parcel",
    "refund",
    "subscription",
    "invoice",
    "ticket",
    "room",
    "flight",
    "loan",
    "device",
    "password",
    "warranty",
    "coupon",
]
_DONE = (
    ("placed", "were placed"), ("shipped", "were shipped"), ("approved", "were approved"),
    ("returned", "were returned"), ("upgraded", "were upgraded"), ("renewed", "were renewed"),
    ("replaced", "were replaced"), ("activated", "were activated"),
)  # fmt: skip
_TOPICS = (
    ("PRODUCT_LINE", "product line", ("laptop", "phone", "tablet", "camera")),
    ("COMPLAINT_TOPIC", "complaint topic", ("noise", "damage", "lateness", "rudeness")),
    ("STORE_REGION", "store region", ("north", "south", "east", "west")),
    ("PLAN_TIER", "plan tier", ("bronze", "silver", "gold", "platinum")),
)
_NUMBERS = (
    ("BASKET_SIZE", "basket size", "items"),
    ("WAITING_SECONDS", "waiting seconds", "s"),
    ("DISCOUNT_GIVEN", "discount given", "EUR"),
    ("ATTEMPTS_NEEDED", "attempts needed", "attempts"),
)
_TIMES: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("", None),
    (" last week", {"preset": "last_week"}),
    (" this month", {"preset": "this_month"}),
    (" yesterday", {"preset": "yesterday"}),
    (" in the last 10 days", {"last": "10d"}),
    (" over the past 3 months", {"last": "3mo"}),
)


@dataclass(frozen=True)
class Made:
    """``metrics``: of a registry made by chance."""

    metrics: list[Facts]
    happened: list[tuple[Facts, str, str]]
    """(metric, noun, what was done, as people say it)"""


class Registry:
    """Access to a project without conversations: enough to plan."""

    revision = 1
    zone = zoneinfo.ZoneInfo("Europe/London")
    now_ms = parse_ms("2026-03-31T11:00Z")

    def __init__(self, metrics: list[Facts]) -> None:
        self._metrics = metrics

    def facts(self) -> list[Facts]:
        return [*self._metrics, *builtin.METRICS]

    def ask(self, query: Query) -> Answer:
        population = Population(0, "", "", "")
        return Answer([], [], {}, None, population, {}, {}, None, None, 0.0, None, {})

    def behind(self, drill: Drill) -> BehindPage:
        return BehindPage([], 0, None)

    def read(self, conversation_id: str) -> Transcript:
        raise no_conversation(conversation_id)


def paraphrased(registries: int, seed: int = 0) -> tuple[int, int]:
    """(right, asked) of the questions over so many registries."""
    right = asked = 0
    for number in range(registries):
        for _, is_right in _asked(random.Random(f"{seed}/{number}")):
            asked += 1
            right += is_right
    return right, asked


def wrong(registries: int, seed: int = 0) -> list[tuple[str, Any, Any]]:
    """(question, expected, made) of those that are not right."""
    return [
        told
        for number in range(registries)
        for told, is_right in _asked(random.Random(f"{seed}/{number}"))
        if not is_right
    ]


def _asked(chance: random.Random) -> Iterator[tuple[tuple[str, Any, Any], bool]]:
    made = registry(chance)
    planner = Planner(Registry(made.metrics))
    for question, expected in questions(made, chance):
        plan = planner.plan(question)
        told = None if plan.query is None else _canonical(plan.query)
        yield (question, expected, told or plan.message), _is_right(plan, expected)


def registry(chance: random.Random) -> Made:
    nouns = chance.sample(_NOUNS, 3)
    happened = []
    metrics = []
    for noun, (done, said) in zip(nouns, chance.sample(_DONE, 3), strict=True):
        facts = Facts(
            name=f"{noun}_{done}".upper(),
            display_name=f"{noun} {done}",
            definition="",
            type="boolean",
            agg="rate",
        )
        happened.append((facts, noun, said))
        metrics.append(facts)
    for name, said, options in chance.sample(_TOPICS, 2):
        metrics.append(
            Facts(
                name=name,
                display_name=said,
                definition="",
                type="categorical",
                agg="conversations",
                options=options,
            )
        )
    for name, said, unit in chance.sample(_NUMBERS, 2):
        metrics.append(Facts(name=name, display_name=said, definition="", type="number", unit=unit))
    return Made(metrics, happened)


def questions(made: Made, chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """(question, Query expected)."""
    topics = [one for one in made.metrics if one.type == "categorical"]
    numbers = [one for one in made.metrics if one.type == "number"]
    for facts, noun, said in made.happened:
        when, over = chance.choice(_TIMES)
        topic = chance.choice(topics)
        flagged = {"field": facts.name, "op": "flagged"}
        words = facts.display_name
        rate = {"measures": [{"metric": facts.name, "agg": "rate"}]}
        counts = (
            f"how many {noun}s {said}{when}?",
            f"Number of calls where the {words.split()[0]} was {words.split()[1]}{when}",
        )
        yield chance.choice(counts), _query(over, where=[flagged])
        shares = (
            f"what percentage of calls had {words}{when}",
            f"{words} rate{when}",
            f"share of calls with {words}{when}?",
        )
        yield chance.choice(shares), _query(over, **rate)
        rows = (
            f"{words} rate by {topic.display_name}{when}",
            f"what is the {words} rate per {topic.display_name}{when}?",
        )
        yield chance.choice(rows), _query(over, **rate, by=[{"field": topic.name}])
        yield f"{words} per day{when}", _query(over, where=[flagged], interval="day")
        value = chance.choice(topic.options)
        is_value = {"field": topic.name, "op": "eq", "value": value}
        yield (
            f"how many {value} calls without {words}{when}",
            _query(over, where=[is_value, {"field": facts.name, "op": "not_flagged"}]),
        )
    for facts in numbers:
        when, over = chance.choice(_TIMES)
        topic = chance.choice(topics)
        agg, word = chance.choice((("avg", "average"), ("p50", "median"), ("max", "maximum"), ("p95", "p95")))
        measures = [{"metric": facts.name, "agg": agg}]
        said = facts.display_name
        yield (
            f"{word} {said} by {topic.display_name}{when}",
            _query(over, measures=measures, by=[{"field": topic.name}]),
        )
        limit = chance.randint(2, 9)
        yield (
            f"calls with more than {limit} {said}{when}",
            _query(over, where=[{"field": facts.name, "op": "gt", "value": limit}]),
        )
    for topic in topics:
        when, over = chance.choice(_TIMES)
        known = {"field": topic.name, "op": "exists"}
        count = chance.randint(2, 4)
        yield (
            f"top {count} {topic.display_name}s{when}",
            _query(over, by=[{"field": topic.name}], where=[known], limit=count),
        )
        value = chance.choice(topic.options)
        is_value = {"field": topic.name, "op": "eq", "value": value}
        yield f"how many calls about {value}{when}", _query(over, where=[is_value])
    absent = next(noun for noun in _NOUNS if all(noun != one for _, one, _ in made.happened))
    yield f"how many {absent}s were vaporised yesterday", {"refuse": True}


def _query(over: dict[str, Any] | None, **parts: Any) -> dict[str, Any]:
    return _canonical(Query.read({**({} if over is None else {"over": over}), **parts}))


def _canonical(query: Query) -> dict[str, Any]:
    plain = query.plain()
    plain["where"] = sorted(plain.get("where", []), key=repr)
    return plain


def _is_right(plan: Plan, expected: dict[str, Any]) -> bool:
    if "refuse" in expected:
        return plan.query is None
    return plan.query is not None and plan.kind in ("number", "list") and _canonical(plan.query) == expected
