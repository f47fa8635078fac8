"""docs/analyst.md: what it says can be asked is understood, and its code runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from aftercall.analyst.access import Local
from aftercall.analyst.planner import Planner
from aftercall.analyst.planner.plan import Reason
from aftercall.analyst.tools import Tools
from aftercall.metrics.query import Query
from tests.analyst.registry import Clinic
from tests.docs import blocks_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "analyst.md"
TEXT = PAGE.read_text(encoding="utf-8")


def quoted(heading: str) -> list[str]:
    """Everything in code under a heading that is a question."""
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [text for text in re.findall(r"`([^`]+)`", section) if " " in text and "..." not in text]


def asked() -> list[str]:
    return [text for text in quoted("What can be asked") if text not in follow_ups()]


def follow_ups() -> list[str]:
    section = TEXT.partition("A question that follows")[2].partition("\n\n")[0]
    return re.findall(r"`([^`]+)`", section)


@pytest.fixture(scope="module")
def planner() -> Planner:
    return Planner(Clinic())


@pytest.mark.parametrize("question", asked())
def test_what_the_page_says_can_be_asked_is_understood(planner: Planner, question: str) -> None:
    plan = planner.plan(question)
    assert plan.kind not in ("refused", "ambiguous"), plan.message


@pytest.mark.parametrize("question", follow_ups())
def test_what_the_page_says_can_follow_does(planner: Planner, question: str) -> None:
    first = planner.plan("How many bookings last week?")
    plan = planner.plan(question, first)
    assert plan.followed
    assert plan.query is not None
    assert plan.query != first.query or plan.kind != "number"


@pytest.mark.parametrize("words", [text for text in quoted("Time") if not text.startswith("aftercall")])
def test_the_times_of_the_page_are_understood(planner: Planner, words: str) -> None:
    plan = planner.plan(f"How many calls {words}")
    assert plan.query is not None, plan.message
    assert plan.query.over != Query().over or plan.query.where


def test_a_date_in_two_months_is_not_understood(planner: Planner) -> None:
    assert planner.plan("How many calls on 3/5").query is None


def test_the_page_names_every_tool(access: Local) -> None:
    assert all(f"`{name}`" in TEXT for name in Tools(access).names)


def test_there_is_a_reason_for_each_refusal_of_the_page() -> None:
    assert {"future", "opinion", "action", "unknown", "unclear"} <= set(get_args(Reason))


def test_the_code_of_the_page_runs(access: Local, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = (one for one in blocks_of(PAGE) if one.words == ("deep",))
    plan = Planner(access).plan("Why did people call?")
    exec(compile(block.source, str(PAGE), "exec"), {"access": access, "plan": plan})  # noqa: S102 - our own page
    assert "booking" in capsys.readouterr().out
