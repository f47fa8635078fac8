"""A question answered without a model: planned, asked, told with every number traced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from aftercall.analyst.access import Access
from aftercall.analyst.answer.claims import Claim, Claims
from aftercall.analyst.answer.sentences import sentences
from aftercall.analyst.answer.wheres import conditions, range_text
from aftercall.analyst.planner import Plan, Planner
from aftercall.metrics.answer import Answer, Behind
from aftercall.metrics.query import Drill, Query
from aftercall.metrics.strict import QueryInvalid

LISTED = 20
SAMPLE = 200
"""Conversations that are read for "why", where there are more."""


@dataclass(frozen=True)
class Answered:
    """``text``: for people; ``claims``: of each number in it, where it comes from. ``chart``: a tile.
    ``conversations`` of ``count``: those behind it, newest first. ``computed``: how it came about."""

    plan: Plan
    text: str
    claims: Sequence[Claim] = ()
    answer: Answer | None = None
    chart: dict[str, Any] | None = None
    conversations: Sequence[Behind] = ()
    count: int | None = None
    computed: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON. Phone numbers are not in it."""
        listed = [
            {"id": one.id, "started_at": one.started_at, "channel": one.channel, "duration": one.duration}
            for one in self.conversations
        ]
        return {
            "plan": self.plan.plain(),
            "text": self.text,
            "claims": [vars(one) for one in self.claims],
            "answer": None if self.answer is None else msgspec.to_builtins(self.answer),
            "chart": self.chart,
            "conversations": listed,
            "count": self.count,
            "computed": self.computed,
        }


class Analyst:
    """One for each project's access. Thread-safe."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._planner = Planner(access)

    def ask(self, question: str, previous: Plan | None = None) -> Answered:
        """Raises as ``Access.ask`` does where a question is too slow or too large, or not allowed."""
        return self.carry_out(self._planner.plan(question, previous))

    def carry_out(self, plan: Plan) -> Answered:
        """``plan`` may have been corrected by a person: only its query and kind matter."""
        try:
            return self._carried_out(plan)
        except QueryInvalid as error:
            refused = replace(
                plan, kind="refused", query=None, message=f"That cannot be asked: {error.message}"
            )
            return self._refused(replace(refused, reason="unclear"))

    def _carried_out(self, plan: Plan) -> Answered:
        if plan.kind == "metrics":
            return self._metrics(plan)
        if plan.kind == "define":
            return self._define(plan)
        if plan.query is None:
            return self._refused(plan)
        if plan.kind == "number":
            return self._number(plan, plan.query)
        return self._conversations(plan, plan.query)

    def _number(self, plan: Plan, query: Query) -> Answered:
        answer = self._access.ask(query)
        claims = Claims()
        text = sentences(plan, answer, claims)
        return Answered(
            plan,
            claims.without_unsupported(text),
            claims.made,
            answer,
            _tile(query),
            computed=_computed(answer),
        )

    def _conversations(self, plan: Plan, query: Query) -> Answered:
        """Of a list, and of what would be read for a "why"."""
        answer = self._access.ask(query)
        fixed = Query.read(answer.drill["query"])
        limit = (plan.frame.limit if plan.frame is not None else None) or LISTED
        page = self._access.behind(Drill(query=fixed, limit=min(limit, 1_000), cursor=None))
        claims = Claims()
        population = answer.population
        range_ = claims.label(range_text(population.since, population.to, population.timezone), "population")
        where = conditions(query)
        of = f" where {claims.label(where, 'query.where')}" if where else ""
        count = claims.number(page.count, "behind.count")
        if plan.kind == "list":
            text = f"{count} conversations{of}, {range_}; the newest first."
        else:
            size = claims.worked_out(
                min(page.count, SAMPLE), "the smaller of pool and sample size", ["behind.count"]
            )
            text = (
                f"No column says why: it takes reading. The pool is {count} conversations{of}, {range_}; a"
                f" sample of {size}, drawn at random with seed 0, would be read."
            )
        claims.label("seed 0", "sample.seed")
        text = " ".join([text, *plan.notes])
        for note in plan.notes:
            claims.label(note, "note")
        computed = {**_computed(answer), "pool": page.count}
        return Answered(
            plan,
            claims.without_unsupported(text),
            claims.made,
            answer,
            None,
            page.conversations,
            page.count,
            computed,
        )

    def _metrics(self, plan: Plan) -> Answered:
        facts = self._access.facts()
        lines = [f"{one.name} ({one.type}): {one.definition}" for one in facts]
        return Answered(plan, "\n".join(["What can be asked about:", *lines]))

    def _define(self, plan: Plan) -> Answered:
        facts = next(one for one in self._access.facts() if one.name == plan.metric)
        unit = f", in {facts.unit}" if facts.unit else ""
        options = f" One of: {', '.join(facts.options)}." if facts.options else ""
        definition = facts.definition or "Nobody has written down what it means."
        return Answered(plan, f"{facts.name} ({facts.type}{unit}): {definition}{options}")

    def _refused(self, plan: Plan) -> Answered:
        near = [f'"{one.question}"' for one in plan.alternatives]
        could = f" You could ask: {'; '.join(near)}" if near else ""
        return Answered(plan, f"{plan.message}{could}")


def _tile(query: Query) -> dict[str, Any]:
    """The chart that fits: what a dashboard needs to show the same."""
    if query.interval is not None:
        kind = "line"
    elif len(query.by) >= 2:
        kind = "table" if len(query.by) > 2 else "heatmap"
    elif query.by:
        kind = "bar"
    else:
        kind = "kpi" if len(query.measures) == 1 else "table"
    return {"kind": kind, "query": query.plain()}


def _computed(answer: Answer) -> dict[str, Any]:
    """The Query with its time fixed, its denominators, its range, and what is missing."""
    told: dict[str, Any] = msgspec.to_builtins(
        {
            "query": answer.drill["query"],
            "bases": answer.bases,
            "population": answer.population,
            "missing": answer.missing,
            "fresh_as_of": answer.fresh_as_of,
        }
    )
    return told
