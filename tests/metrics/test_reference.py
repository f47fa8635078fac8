"""Whatever is asked of whatever was told: metrics.Query says what the plain-Python reference says.

The reference reads events, not rows, and shares no code with the product: an error would have to be made
twice, in the same way, to stay unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st

from aftercall.metrics.answer import Answer
from tests.metrics.reference.answer import Reference
from tests.metrics.reference.compare import check
from tests.metrics.reference.derived import RATIOS
from tests.metrics.reference.questions import questions
from tests.metrics.reference.store import World, world
from tests.metrics.reference.streams import Story, stories

NOON = 1_774_785_600_000
QUESTIONS = 6
"""Of each story: telling one costs as much as asking several."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("reference")) as one:
        yield one


@st.composite
def asked(draw: st.DrawFn) -> tuple[Story, list[dict[str, Any]]]:
    story = draw(stories())
    return story, draw(st.lists(questions(story), min_size=1, max_size=QUESTIONS))


def check_behind(
    here: World, reference: Reference, query: dict[str, Any], answer: Answer, want: dict[str, Any]
) -> None:
    """The conversations behind the first number of the first row, and the last of the last."""
    for row, number in ((0, 0), (-1, -1)):
        if not answer.rows:
            return
        alias = [column.name for column in answer.columns if column.role == "measure"][number]
        divided = alias.endswith(".rate") or alias in RATIOS
        for side in ("value", "base") if divided else ("value",):
            found, count = here.behind(answer, answer.rows[row], alias, side)
            assert found == reference.behind(query, want["rows"][row], alias, side), (alias, side, row)
            assert count == len(found)


def agree(here: World, examples: int) -> None:
    told = 0

    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @hypothesis.given(asked())
    def all_agree(example: tuple[Story, list[dict[str, Any]]]) -> None:
        nonlocal told
        story, queries = example
        reference = here.tell(story)
        for query in queries:
            hypothesis.note(json.dumps(query))
            answer, want = here.ask(query, story.now), reference.answer(query)
            check(answer, want, query)
            check_behind(here, reference, query, answer, want)
            told += 1

    all_agree()
    assert told >= examples


def test_answers_are_the_references(here: World) -> None:
    agree(here, 10)


@pytest.mark.slow
def test_many_answers_are_the_references(here: World) -> None:
    agree(here, 120)


def test_write_once_holds_within_each_source(here: World) -> None:
    told = {"conversation_id": "call-1", "name": "WILD", "source": "agent", "kind": "metric"}
    writes = [{**told, "id": f"e{i}", "at": NOON + i, "value": i, "write_once": i == 1} for i in (1, 2)]
    label = {**told, "id": "e3", "at": NOON + 3, "value": 7, "source": "human"}
    asked = {"measures": [{"metric": f"WILD{of}", "agg": "sum"} for of in ("", "@agent")]}
    here.tell(Story(NOON + 60_000, writes, []))
    assert here.ask(asked, NOON + 60_000).totals == {"WILD.sum": 1, "WILD@agent.sum": 1}
    here.tell(Story(NOON + 60_000, writes, [label]))
    assert here.ask(asked, NOON + 60_000).totals == {"WILD.sum": 7, "WILD@agent.sum": 1}
