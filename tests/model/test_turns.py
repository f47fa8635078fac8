from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aftercall.model.turns import Utterance, count, joined, pair


def say(*script: str) -> list[Utterance]:
    speakers = {"u": "user", "a": "agent"}
    return [Utterance(str(i), speakers[line[0]], line[1:], i) for i, line in enumerate(script)]


def shape(*script: str) -> list[tuple[str, str]]:
    return [(joined(turn.user), joined(turn.agent)) for turn in pair(say(*script))]


def test_an_agent_who_speaks_first_is_a_turn_with_an_empty_user_side() -> None:
    assert shape("ahello", "uhi", "ahow can I help") == [("", "hello"), ("hi", "how can I help")]


def test_consecutive_utterances_of_one_speaker_join() -> None:
    assert shape("uone", "utwo", "athree", "afour", "ufive") == [("one two", "three four"), ("five", "")]


def test_empty_texts_add_no_spaces() -> None:
    assert shape("ua", "u", "ub") == [("a b", "")]


@given(st.lists(st.sampled_from(["user", "agent"])))
def test_the_count_is_the_number_of_pairs(speakers: list[str]) -> None:
    utterances = [Utterance(str(i), speaker, "x", i) for i, speaker in enumerate(speakers)]
    turns = pair(utterances)
    assert count(speakers) == len(turns)
    assert [u for turn in turns for u in (*turn.user, *turn.agent)] == utterances
