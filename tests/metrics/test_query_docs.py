"""docs/query.md: every example is asked, and the answer beside it is the one that comes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from aftercall.metrics import conditions, query
from aftercall.metrics.builtin import METRICS
from aftercall.metrics.limits import Limits
from aftercall.metrics.settings import Settings
from aftercall.metrics.strict import QueryInvalid
from aftercall.web.api.query import QueryAnswer
from tests.docs import blocks_of
from tests.metrics.desk import Desk

PAGE = Path(__file__).resolve().parents[2] / "docs" / "query.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = [
    (asked, told)
    for asked, told in zip(blocks_of(PAGE), blocks_of(PAGE)[1:], strict=False)
    if asked.words in (("ask",), ("behind",))
]


def test_each_question_of_the_page_has_its_answer_beside_it() -> None:
    kinds = [told.words[0] for _, told in EXAMPLES]
    assert len(kinds) == sum(block.words in (("ask",), ("behind",)) for block in blocks_of(PAGE))
    assert {"rows", "bases", "missing", "previous", "refused", "ids"} == set(kinds)


@pytest.mark.parametrize(("asked", "told"), EXAMPLES, ids=[f"line {asked.line}" for asked, _ in EXAMPLES])
def test_the_example_says_what_comes(clinic: Desk, asked: Any, told: Any) -> None:
    question = json.loads(asked.source)
    if told.words == ("refused",):
        with pytest.raises(QueryInvalid) as refused:
            clinic.ask(question)
        assert refused.value.message == told.source.strip()
        return
    assert _answered(clinic, question, told.words[0]) == json.loads(told.source)


def _answered(clinic: Desk, question: Any, what: str) -> Any:
    if what == "ids":
        return [one.id for one in clinic.behind(question)[0]]
    answer = msgspec.to_builtins(clinic.ask(question))
    return answer["previous"]["rows"] if what == "previous" else answer[what]


def table(heading: str) -> set[str]:
    """Everything in code in the first cells of the table under a heading."""
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n#")[0]
    cells = re.findall(r"^\|([^|]*)\|", section, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_the_page_names_every_field_of_a_query() -> None:
    assert table("The whole of it") == set(query.Query.model_fields)


def test_the_page_names_every_aggregation_and_operator() -> None:
    assert table("Measures") == set(get_args(query.Agg))
    assert table("Conditions") == set(get_args(query.Op))
    assert {op for ops in conditions.OPS.values() for op in ops} <= set(get_args(query.Op))


def test_the_page_names_everything_of_an_answer() -> None:
    assert table("The answer") == set(QueryAnswer.model_fields)


def test_the_page_names_every_built_in_metric_and_setting() -> None:
    names = {facts.name for facts in METRICS}
    assert names <= table("Built-in metrics")
    assert all(f"`{name}`" in TEXT for name in Settings.model_fields)
    for facts in METRICS:
        assert f"| `{facts.name}` | {facts.agg} | {facts.definition} |" in TEXT


def test_the_bounds_are_those_of_the_code() -> None:
    limits = Limits()
    for line in (
        f"| measures | {query.MOST_MEASURES} |",
        f"| by | {query.MOST_BY} |",
        f"| conditions | {query.MOST_CONDITIONS}, {query.DEEPEST} levels deep; {conditions.MOST_VALUES:,}",
        f"| rows | {query.MOST_ROWS:,}; ",
        f"| time of a statement | {limits.seconds:g} s, ",
        f"| memory of a statement | {limits.memory // 1024**2:,} MB, ",
    ):
        assert line in TEXT
