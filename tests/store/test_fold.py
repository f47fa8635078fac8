"""The fold is a pure function of the set of events."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aftercall.model.events import encoder, event_decoder
from aftercall.store.fold import Conversation, fold
from aftercall.store.incoming import Entry, commit_of, entry, rev_of
from aftercall.store.projection import earlier_starts

NOW = 1_772_000_000_000


def told(at: int, *, id: str, rev: int = 0, **event: Any) -> Entry:
    body = encoder.encode({"conversation_id": "c", "id": id, **event})
    return entry(event_decoder.decode(body), id, NOW + at, NOW + at, rev)


def shown(c: Conversation) -> tuple[Any, ...]:
    """All that anybody can see of it."""
    return (
        c.started_at,
        c.ended_at,
        c.ended_reason,
        [turn.event_id for turn in c.turns],
        {name: [write.event_id for write in writes] for name, writes in c.metrics.items()},
        c.facts,
        c.state,
        c.handoff,
        c.handoff_at,
        (c.function_calls, c.function_errors, c.failures, c.seqs_missing, c.erased),
    )


sources = st.sampled_from(["agent", "human", "extraction", "import", "system"])
kinds = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("start"), "started_at": st.sampled_from([None, NOW - 5, NOW - 9])}
    ),
    st.fixed_dictionaries({"kind": st.just("update"), "language": st.sampled_from(["en", "es", None])}),
    st.fixed_dictionaries(
        {"kind": st.just("turn"), "speaker": st.sampled_from(["user", "agent"]), "text": st.just("")}
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("metric"),
            "name": st.sampled_from(["A", "B"]),
            "value": st.integers(0, 3),
            "write_once": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("end"), "ended_at": st.sampled_from([None, NOW + 50]), "last_seq": st.just(3)}
    ),
    st.fixed_dictionaries({"kind": st.just("handoff"), "reason": st.sampled_from(["x", "y"])}),
    st.fixed_dictionaries(
        {"kind": st.just("state"), "set": st.dictionaries(st.sampled_from("ab"), st.integers(0, 2))}
    ),
    st.fixed_dictionaries({"kind": st.just("retraction"), "target": st.integers(0, 7).map(str)}),
)
streams = st.lists(
    st.tuples(kinds, sources, st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=8
).map(
    lambda items: [
        told(at, id=str(i), rev=rev_of(1000 + i // 2, i % 2), source=source, seq=seq, **event)
        for i, (event, source, at, seq) in enumerate(items)
    ]
)


@given(streams, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(entries: list[Entry], random: Any) -> None:
    expected = shown(fold(entries))
    random.shuffle(entries)
    assert shown(fold(entries)) == expected


@given(streams)
def test_every_start_that_was_ever_shown_is_known(entries: list[Entry]) -> None:
    """A row may stand under the start of every past commit; each must get its tombstone."""
    commits = {commit_of(e) for e in entries}
    shown_before = {fold([e for e in entries if commit_of(e) <= commit]).started_at for commit in commits}
    current = fold(entries).started_at
    assert shown_before - {current} <= earlier_starts(entries, current)
    assert current not in earlier_starts(entries, current)


def test_a_human_outranks_the_agent_whenever_they_speak() -> None:
    c = fold(
        [
            told(1, id="h", kind="metric", name="M", value="human", source="human"),
            told(2, id="a", kind="metric", name="M", value="agent"),
        ]
    )
    assert [w.event_id for w in c.metrics["M"]] == ["h"]


def test_write_once_keeps_the_first_of_its_source() -> None:
    writes = [told(i, id=str(i), kind="metric", name="M", value=i, write_once=i == 2) for i in range(4)]
    assert [w.event_id for w in fold(writes).metrics["M"]] == ["0"]


def test_a_wrong_clock_does_not_move_the_conversation() -> None:
    c = fold([told(0, id="s", kind="start", started_at="1970-01-01T00:00:00Z"), told(9, id="e", kind="end")])
    assert (c.started_at, c.ended_at) == (NOW, NOW + 9)


def test_a_later_end_of_the_same_source_is_an_echo_unless_it_names_its_time() -> None:
    ends = [told(10, id="1", kind="end"), told(20, id="2", kind="end", reason="late")]
    assert (fold(ends).ended_at, fold(ends).ended_reason) == (NOW + 10, "late")
    ends.append(told(30, id="3", kind="end", ended_at=NOW + 15))
    assert fold(ends).ended_at == NOW + 15


def test_a_real_end_overrides_the_system_s_guess() -> None:
    lost = told(50, id="lost", kind="end", reason="lost", source="system")
    real = told(40, id="real", kind="end", reason="completed")
    c = fold([lost, real])
    assert (c.ended_at, c.ended_reason) == (NOW + 40, "completed")


def test_missing_seqs_are_counted_up_to_the_last_that_was_used() -> None:
    entries = [
        told(1, id="1", seq=1, kind="log", content="x"),
        told(9, id="9", seq=5, kind="end", last_seq=5),
    ]
    assert fold(entries).seqs_missing == 3
