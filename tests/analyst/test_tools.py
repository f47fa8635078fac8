"""The tools: what they answer, and that an error says how to ask better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aftercall.analyst.access import Local
from aftercall.analyst.tools import Tools, draw
from aftercall.errors import Forbidden, NotFound
from aftercall.metrics.query import Query
from aftercall.metrics.strict import QueryInvalid
from tests.metrics.desk import Desk


def test_metrics_are_listed_with_values_and_distribution(tools: Tools) -> None:
    told = tools.call("list_metrics", {"contains": "reason"})["metrics"]
    assert told[0]["name"] == "REASON"
    assert told[0]["options"] == ["billing", "booking", "other"]
    assert told[0]["values"][0] == {"value": "billing", "conversations": 30}
    (score,) = tools.call("list_metrics", {"contains": "SCORE"})["metrics"]
    assert score["distribution"] == {
        "conversations": 40, "min": 0, "p50": 19.5, "avg": 19.5, "p95": 37.05, "max": 39
    }  # fmt: skip


def test_a_query_answers_as_everywhere(tools: Tools, desk: Desk) -> None:
    asked = {"measures": [{"metric": "BOOKED", "agg": "rate"}], "by": ["REASON"]}
    assert tools.call("query", {"query": asked})["rows"] == desk.rows(asked)


def test_transcripts_are_searched_by_words_and_speaker(tools: Tools) -> None:
    assert tools.call("search_transcripts", {"words": "about booking"})["count"] == 8
    assert tools.call("search_transcripts", {"words": "about booking", "speaker": "agent"})["count"] == 0
    narrowed = [{"field": "SCORE", "op": "gte", "value": 36}]
    found = tools.call("search_transcripts", {"words": "booking", "where": narrowed})
    assert [one["id"] for one in found["conversations"]] == ["c37", "c36"]


def test_conversations_are_listed_page_by_page_without_phone_numbers(tools: Tools) -> None:
    asked: dict[str, Any] = {"query": {"where": [{"field": "BOOKED", "op": "flagged"}]}, "limit": 6}
    first = tools.call("list_conversations", asked)
    second = tools.call("list_conversations", {**asked, "cursor": first["cursor"]})
    ids = [one["id"] for page in (first, second) for one in page["conversations"]]
    assert ids == [f"c{n:02}" for n in range(36, -1, -4)]
    assert first["count"] == 10
    assert all("from_number" not in one for one in first["conversations"])


def test_a_conversation_is_read_in_parts(tools: Tools) -> None:
    read = tools.call("read_conversation", {"conversation_id": "c31"})
    assert read["turns"] == [{"turn": 1, "speaker": "user", "text": "hello, it is about booking"}]
    assert tools.call("read_conversation", {"conversation_id": "c31", "first_turn": 2})["turns"] == []
    with pytest.raises(NotFound, match="ids come from"):
        tools.call("read_conversation", {"conversation_id": "invented"})


def test_a_sample_is_drawn_again_by_its_seed(tools: Tools) -> None:
    asked = {"query": {"where": [{"field": "REASON", "op": "eq", "value": "billing"}]}, "size": 7, "seed": 3}
    told = tools.call("sample_conversations", asked)
    assert (told["pool"], told["size"], told["strategy"], told["seed"]) == (30, 7, "random", 3)
    assert told == tools.call("sample_conversations", asked)
    assert told != tools.call("sample_conversations", {**asked, "seed": 4})
    (stratum,) = told["strata"]
    assert len(set(stratum["conversation_ids"])) == 7
    assert all(id_ < "c30" for id_ in stratum["conversation_ids"])


@pytest.mark.parametrize(
    ("strategy", "sizes"), [("stratified", [7, 2, 1]), ("equal", [4, 4, 2])], ids=["stratified", "equal"]
)
def test_strata_have_their_share(tools: Tools, strategy: str, sizes: list[int]) -> None:
    told = tools.call("sample_conversations", {"size": 10, "strategy": strategy, "by": "REASON"})
    strata = told["strata"]
    assert [(one["value"], one["pool"]) for one in strata] == [("billing", 30), ("booking", 8), ("other", 2)]
    assert [len(one["conversation_ids"]) for one in strata] == sizes
    assert all("c30" <= id_ < "c38" for id_ in strata[1]["conversation_ids"])


def test_everybody_is_drawn_when_there_are_enough_places(tools: Tools) -> None:
    told = tools.call("sample_conversations", {"size": 100, "strategy": "stratified", "by": "REASON"})
    assert told["size"] == told["pool"] == 40


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("aftercall.analyst.tools.draw._PAGE", 3)
    yield


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("by", [None, "REASON"])
def test_a_large_pool_is_drawn_from_by_counting_its_hours(access: Local, by: str | None) -> None:
    strategy = "random" if by is None else "stratified"
    drawn = draw.draw(access, Query(), 40, strategy=strategy, by=by)
    assert sorted(drawn.ids) == [f"c{n:02}" for n in range(40)]
    some = draw.draw(access, Query(), 11, strategy=strategy, by=by)
    assert len(set(some.ids)) == 11


@pytest.mark.parametrize(
    ("name", "arguments", "place", "words"),
    [
        ("querry", {}, "tool", "did you mean 'query'"),
        ("query", {"query": {"measures": [{"metric": "BOKED"}]}}, "measures[0].metric", "'BOOKED'"),
        ("query", {"query": {}, "sql": "SELECT 1"}, "sql", "has no field"),
        ("query", {}, "query", "wrong"),
        ("search_transcripts", {"words": "..."}, "where[0].value", "no letter or digit"),
        ("sample_conversations", {"strategy": "equal"}, "by", "belong together"),
        ("sample_conversations", {"strategy": "equal", "by": "REASN"}, "by[0].field", "'REASON'"),
        ("list_metrics", {"contains": "REASN"}, "contains", "'REASON'"),
        ("list_metrics", {"limit": 100_000}, "limit", "200"),
    ],
)
def test_an_error_says_how_to_ask_better(
    tools: Tools, name: str, arguments: dict[str, Any], place: str, words: str
) -> None:
    with pytest.raises(QueryInvalid) as refused:
        tools.call(name, arguments)
    assert words in refused.value.message
    assert place == "sql" or refused.value.data["place"] == place


def test_a_key_without_the_right_reads_no_transcript(desk: Desk) -> None:
    def need(scope: str) -> None:
        raise Forbidden(f"needs {scope}")

    tools = Tools(Local(desk.store, desk.queries, desk.project, at_ms=desk.now, need=need))
    for name, arguments in (
        ("search_transcripts", {"words": "hello"}),
        ("read_conversation", {"conversation_id": "c01"}),
    ):
        with pytest.raises(Forbidden, match="read:transcripts"):
            tools.call(name, arguments)
    assert tools.call("query", {"query": {}})["rows"]
