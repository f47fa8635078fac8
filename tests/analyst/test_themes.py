"""Themes without a model: found, counted, quoted from what was really said."""

from __future__ import annotations

import pytest

from aftercall.analyst.access import Local, Said, Transcript
from aftercall.analyst.deep import read
from aftercall.analyst.themes import themes
from aftercall.metrics.query import Query

_SAID = {
    "parking": "is there any parking garage near you",
    "card": "my credit card was declined twice",
    "crown": "the crown you made fell out",
}


def told(number: int, topic: str) -> Transcript:
    turns = [
        Said(1, "agent", "hello, parking is easy here"),
        Said(2, "user", _SAID[topic]),
        Said(3, "user", "thank you"),
    ]
    return Transcript(f"{topic}-{number:02}", "2026-03-01T00:00:00Z", turns)


def test_each_topic_is_a_theme_with_its_conversations_and_quotes() -> None:
    transcripts = [
        told(n, topic) for topic, many in (("card", 12), ("parking", 8), ("crown", 5)) for n in range(many)
    ]
    found = themes(transcripts)
    assert [len(one.conversation_ids) for one in found] == [12, 8, 5] or {
        len(one.conversation_ids) for one in found
    } == {12, 8, 5}
    by_topic = {one.conversation_ids[0].partition("-")[0]: one for one in found}
    assert set(by_topic) == {"card", "parking", "crown"}
    for topic, theme in by_topic.items():
        assert all(id_.startswith(topic) for id_ in theme.conversation_ids)
        assert all(quote.text == _SAID[topic] and quote.turn == 2 for quote in theme.quotes)
        assert all(theme.terms[0] in quote.text for quote in theme.quotes)
    assert themes(transcripts[::-1]) == found


def test_what_everybody_says_and_what_nobody_shares_is_no_theme() -> None:
    turns = [[Said(1, "user", f"hello I would like something number{chr(97 + n)}x")] for n in range(20)]
    assert themes([Transcript(str(n), "", one) for n, one in enumerate(turns)]) == []


def test_a_reading_states_pool_seed_and_size_and_can_be_stopped(access: Local) -> None:
    seen: list[tuple[int, int]] = []

    def go_on(done: int, of: int) -> bool:
        seen.append((done, of))
        return True

    told = read(access, Query(), size=40, seed=7, progress=go_on)
    assert (told.pool, told.read, told.strategy, told.seed) == (40, 40, "random", 7)
    assert seen == [(20, 40), (40, 40)]
    assert told.themes[0].estimate.exact
    counted = {one.theme.terms[0]: one for one in told.themes}
    booking = counted["booking"]
    assert booking.estimate.found == 8
    assert access.ask(booking.exact).totals["conversations"] == 8
    stopped = read(access, Query(), size=40, seed=7, progress=lambda _done, _of: False)
    assert stopped.read == 20
    assert stopped.ids == told.ids[:20]
    with_doubt = stopped.themes[0].estimate
    assert with_doubt.low < with_doubt.share < with_doubt.high
    assert pytest.approx(with_doubt.share) == with_doubt.found / 20
