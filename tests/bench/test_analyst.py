"""The question set: every entry can be asked, the judge tells right from wrong, and the planner is right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercall.analyst.access import Local
from aftercall.analyst.planner import Plan, Planner
from aftercall.bench.analyst import BLIND, FOLDER, OWN, ask, questions
from aftercall.bench.analyst_judge import Judge
from aftercall.bench.analyst_paraphrases import paraphrased, wrong
from aftercall.bench.analyst_store import opened
from aftercall.errors import InternalError
from aftercall.metrics.query import Query


def test_registries_made_by_chance_are_understood() -> None:
    right, asked = paraphrased(12, seed=1)
    assert asked > 250
    assert right / asked >= 0.97, wrong(12, seed=1)[:5]


def test_the_set_is_large_and_of_every_kind() -> None:
    own = questions(FOLDER, OWN)
    assert len(own) >= 90
    kinds = {entry["kind"] for entry in own}
    assert {
        "count",
        "rate",
        "top",
        "trend",
        "compare",
        "list",
        "follow_up",
        "typo",
        "why",
        "unanswerable",
    } <= kinds
    asked = [(entry["ask"], tuple(entry.get("after", ()))) for entry in own]
    assert len(asked) == len(set(asked))


def test_an_entry_without_an_expectation_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own_x.yaml").write_text("- {ask: How many calls, kind: count}")
    with pytest.raises(InternalError, match="entry 1"):
        questions(tmp_path, OWN)


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with opened(tmp_path_factory.mktemp("bench"), lambda _: None) as made:
        yield Local(made.store, made.queries, made.project, at_ms=made.now_ms)


@pytest.mark.slow
def test_the_planner_is_right_and_never_wrong_as_fact(access: Local) -> None:
    tally = ask(access, questions(FOLDER, OWN))
    told = tally.figures()
    assert told["right"] / told["questions"] >= 0.9, tally.not_right()
    assert told["wrong_as_fact"] / told["questions"] <= 0.02, tally.not_right()
    assert told["answered_unanswerable"] == 0
    blind = ask(access, questions(FOLDER, BLIND)).figures()  # its entries are not shown: nobody tunes on them
    assert blind["questions"] == 0 or blind["right_share"] >= 0.65


@pytest.mark.slow
@pytest.mark.parametrize(
    ("made", "expected", "verdict"),
    [
        (
            {"over": {"preset": "last_week"}},
            {"query": {"over": {"from": "2026-11-09", "to": "2026-11-15"}}},
            "right",
        ),
        ({"over": {"preset": "last_week"}}, {"query": {"over": {"preset": "this_week"}}}, "wrong"),
        ({"by": ["channel"]}, {"query": {"by": [{"field": "channel", "as": "c"}]}}, "right"),
        ({"by": ["channel"]}, {"query": {"by": ["language"]}}, "wrong"),
        ({}, {"refuse": "unknown"}, "wrong"),
        ({}, {"refuse": "unknown", "accept": [{"query": {}}]}, "right"),
        ({"over": {"all": True}}, {"query": {"over": {"all": True}}, "numbers": [2000]}, "right"),
        ({"over": {"all": True}}, {"query": {"over": {"all": True}}, "numbers": [1999]}, "wrong"),
        (
            {"where": [{"field": "duration", "op": "gt", "value": 10_000}]},
            {"query": {"where": [{"field": "duration", "op": "gt", "value": 20_000}]}},
            "wrong",
        ),
        ({"by": ["CALL_REASON"], "limit": 10}, {"query": {"by": ["CALL_REASON"], "limit": 3}}, "right"),
    ],
)
def test_the_judge(access: Local, made: Any, expected: Any, verdict: str) -> None:
    assert Judge(access).verdict(Plan("?", "number", Query.read(made)), expected) == verdict


@pytest.mark.slow
def test_a_refusal_where_an_answer_was_expected_is_silence(access: Local) -> None:
    plan = Planner(access).plan("what is our revenue?")
    assert Judge(access).verdict(plan, {"query": {}}) == "silent"
