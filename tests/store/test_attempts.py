"""Of post-call attempts one counts; where a conversation stands with them is a fact of its events."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aftercall.model.ids import new_id
from aftercall.model.times import to_datetime
from aftercall.store.attempts import Standing
from aftercall.store.fold import Conversation, fold
from aftercall.store.incoming import Entry, commit_of, rev_of
from aftercall.store.projection import earlier_starts
from aftercall.store.schema import wide_table
from tests.store.conftest import BASE, Bench
from tests.store.test_fold import NOW, shown, told

CALL = [
    {"kind": "start", "at": 0},
    {"kind": "turn", "at": 1, "speaker": "user", "text": "hi"},
    {"kind": "end", "at": 9},
]


class Story:
    """A conversation told bit by bit; ids and arrival follow the order of telling."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        for event in CALL:
            self.tell(**event)

    def tell(self, at: int, *, id: str | None = None, **event: Any) -> str:
        number = len(self.entries)
        event_id = id or f"e{number}"
        self.entries.append(told(at, id=event_id, rev=rev_of(1000 + number, 0), **event))
        return event_id

    def attempt(self, name: str, status: str, at: int = 20, *, events: int | None = 3, **values: Any) -> None:
        """Its writes, and how it went. ``values``: metric name to value."""
        for metric, value in values.items():
            self.tell(
                at,
                kind="metric",
                name=metric,
                value=value,
                source="extraction",
                lineage={"attempt": name},
            )
        lineage = {"attempt": name} | ({} if events is None else {"events": events})
        self.tell(
            at, kind="postcall", attempt=name, status=status, source="extraction", lineage=lineage, error="E"
        )

    @property
    def now(self) -> Conversation:
        return fold(self.entries)

    @property
    def standing(self) -> Standing:
        return self.now.postcall

    def values(self) -> dict[str, list[Any]]:
        return {name: [w.event.value for w in writes] for name, writes in self.now.metrics.items()}


def test_the_newest_attempt_that_went_well_counts() -> None:
    story = Story()
    story.attempt("one", "ok", 20, REASON="billing", MOOD="angry")
    story.attempt("two", "ok", 30, REASON="booking")
    assert story.values() == {"REASON": ["booking"]}
    story.attempt("three", "failed", 40, REASON="half", WRONG=1)
    assert story.values() == {"REASON": ["booking"]}
    assert story.standing.status == "failed"


def test_where_none_went_well_the_newest_that_wrote_counts() -> None:
    story = Story()
    story.attempt("one", "failed", 20, REASON="first", EARLY=1)
    story.attempt("two", "failed", 30, REASON="second")
    story.attempt("three", "failed", 40)
    assert story.values() == {"REASON": ["second"]}
    story.attempt("four", "ok", 50)
    assert story.values() == {}


def test_all_that_an_attempt_writes_goes_with_it_not_only_metrics() -> None:
    story = Story()
    for name, status, at in (("one", "ok", 20), ("two", "ok", 30)):
        mine = {"source": "extraction", "lineage": {"attempt": name}}
        story.tell(at, kind="state", set={name: True}, **mine)
        story.tell(at, kind="handoff", reason=name, **mine)
        story.tell(at, kind="update", tags=[name], **mine)
        story.tell(at, kind="log", content=name, **mine)
        story.attempt(name, status, at)
    c = story.now
    assert (c.state, c.handoff.reason if c.handoff else None, c.facts) == (
        {"two": True},
        "two",
        {"tags": ["two"]},
    )
    assert [e.event.content for e in c.entries if hasattr(e.event, "content")] == ["two"]
    assert sum(hasattr(e.event, "status") for e in c.entries) == 2  # how each went stays to be seen


def test_a_run_of_ours_that_reported_nothing_counts_nothing() -> None:
    """Of a process taken for dead that finished all the same: its outcome was refused as a copy."""
    story = Story()
    story.tell(15, kind="metric", name="LATE", source="extraction", lineage={"attempt": "pc-3.1~b"})
    story.attempt("pc-3.1~a", "ok", 20, REASON="x")
    assert story.values() == {"REASON": ["x"]}


def test_values_of_other_extractors_count_as_they_come() -> None:
    story = Story()
    story.tell(15, kind="metric", name="PLAIN", value=1, source="extraction")
    story.tell(15, kind="metric", name="THEIRS", value=2, source="extraction", lineage={"attempt": "run-7"})
    story.tell(15, kind="metric", name="ODD", value=3, source="extraction", lineage={"attempt": 7})
    story.attempt("pc-3.1~a", "ok", 20, REASON="x")
    assert story.values() == {"PLAIN": [1], "THEIRS": [2], "ODD": [3], "REASON": ["x"]}


def test_a_retracted_outcome_brings_back_the_one_before() -> None:
    story = Story()
    story.attempt("one", "ok", 20, REASON="right")
    story.attempt("two", "ok", 30, REASON="wrong")
    story.tell(40, kind="retraction", target=story.entries[-1].event_id, source="human")
    assert story.values() == {"REASON": ["right"]}


def test_what_an_agent_wrote_outranks_an_attempt() -> None:
    story = Story()
    story.tell(5, kind="metric", name="REASON", value="told live")
    story.attempt("one", "ok", 20, REASON="guessed")
    assert story.values()["REASON"] == ["told live"]


def test_where_a_conversation_stands() -> None:
    story = Story()
    assert (story.standing.status, story.standing.told, story.standing.due_at) == ("pending", 3, NOW + 9)
    story.attempt("one", "failed", 20)
    assert (story.standing.status, story.standing.due_at, story.standing.error) == ("failed", None, "E")
    story.tell(25, kind="postcall", attempt="two", status="failed", lineage={"events": 3, "retry_at": 777})
    assert (story.standing.status, story.standing.due_at, story.standing.attempts) == ("failed", 777, 2)
    story.attempt("three", "ok", 30)
    one = story.standing
    assert (one.status, one.due_at, one.error, one.ended_at) == ("ok", None, None, NOW + 30)


def test_a_call_in_progress_is_not_due() -> None:
    entries = [told(0, id="s", kind="start"), told(1, id="t", kind="turn", speaker="user", text="")]
    assert fold(entries).postcall.status == ""
    assert fold(entries).postcall.due_at is None


def test_a_late_turn_makes_a_result_stale() -> None:
    story = Story()
    story.attempt("one", "ok", 20, REASON="x")
    story.tell(3, kind="turn", speaker="user", text="and one more thing")
    story.entries[-1].received_at = NOW + 99
    assert (story.standing.status, story.standing.told, story.standing.due_at) == ("pending", 4, NOW + 99)
    assert story.values() == {"REASON": ["x"]}
    story.attempt("two", "failed", 40, events=4)
    assert (story.standing.status, story.values()) == ("failed", {"REASON": ["x"]})


def test_labels_make_nothing_stale_and_taking_them_back_neither() -> None:
    story = Story()
    story.attempt("one", "ok", 20, REASON="x")
    label = story.tell(30, kind="metric", name="REASON", value="y", source="human")
    story.tell(31, kind="update", tags=["reviewed"], source="human")
    story.tell(32, kind="metric", name="SCORE", value=1, source="extraction")
    story.tell(33, kind="retraction", target=label, source="human")
    assert (story.standing.status, story.standing.told) == ("ok", 3)
    story.tell(34, kind="retraction", target="e1", source="human")
    assert (story.standing.status, story.standing.told) == ("pending", 4)


def test_an_outcome_that_does_not_say_what_it_saw_saw_everything() -> None:
    story = Story()
    story.attempt("theirs", "ok", 20, events=None)
    assert story.standing.status == "ok"


def test_whatever_stands_in_lineage_nothing_breaks() -> None:
    for value in (None, "many", -1, 2**70, 1.5, True, [], {}):
        story = Story()
        lineage = {"attempt": value, "events": value, "try": value, "retry_at": value, "version": value}
        story.tell(20, kind="postcall", attempt="x", status="failed", lineage=lineage)
        story.tell(20, kind="metric", name="M", source="extraction", lineage=lineage)
        assert story.now.postcall.attempts == 1


def test_an_attempt_with_a_slow_clock_does_not_move_the_call() -> None:
    """The agent's clock runs a day ahead, and nothing says when the call began."""
    entries = [told(86_400_000 + i, id=f"t{i}", kind="turn", speaker="user", text="") for i in range(2)]
    before = fold(entries).started_at
    entries += [
        told(5, id="m", kind="metric", name="M", source="extraction", lineage={"attempt": "pc-1~a"}),
        told(6, id="o", kind="postcall", attempt="pc-1~a", status="ok", lineage={}),
    ]
    assert fold(entries).started_at == before


outcomes = st.builds(
    lambda name, status, events: {
        "kind": "postcall",
        "attempt": name,
        "status": status,
        "lineage": {"events": events},
    },
    st.sampled_from("xyz"),
    st.sampled_from(["ok", "failed"]),
    st.integers(0, 6),
)
writes = st.builds(
    lambda kind, name: {**kind, "source": "extraction", "lineage": {"attempt": name}},
    st.sampled_from(
        [{"kind": "metric", "name": "A", "value": 1}, {"kind": "state", "set": {"a": 1}}, {"kind": "start"}]
    ),
    st.sampled_from("xyz"),
)
others = st.sampled_from(
    [
        {"kind": "turn", "speaker": "user", "text": ""},
        {"kind": "end"},
        {"kind": "metric", "name": "A", "value": 2, "source": "human"},
        {"kind": "retraction", "target": "1"},
        {"kind": "retraction", "target": "2", "source": "human"},
    ]
)
streams = st.lists(
    st.tuples(st.one_of(outcomes, writes, others), st.integers(0, 4)), min_size=1, max_size=9
).map(
    lambda items: [
        told(at, id=str(i), rev=rev_of(1000 + i // 2, i % 2), **event) for i, (event, at) in enumerate(items)
    ]
)


@given(streams, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(entries: list[Entry], random: Any) -> None:
    expected = fold(entries)
    random.shuffle(entries)
    again = fold(entries)
    assert shown(again) == shown(expected)
    assert again.postcall == expected.postcall


@given(streams)
def test_every_start_that_was_ever_shown_is_known(entries: list[Entry]) -> None:
    commits = {commit_of(e) for e in entries}
    before = {fold([e for e in entries if commit_of(e) <= commit]).started_at for commit in commits}
    current = fold(entries).started_at
    assert before - {current} <= earlier_starts(entries, current)


# --- through the store


def test_the_columns_tell_where_a_conversation_stands(bench: Bench) -> None:
    c = new_id()

    def event(kind: str, at: int, **fields: Any) -> dict[str, Any]:
        return {"conversation_id": c, "kind": kind, "at": BASE + at, **fields}

    bench.send(event("start", 0))
    assert (bench.row(c)["postcall_status"], bench.row(c)["postcall_due_at"]) == ("", None)
    bench.send(event("end", 9))
    row = bench.row(c)
    assert (row["postcall_status"], row["postcall_due_at"]) == ("pending", row["last_received_at"])
    assert (row["events_told"], row["postcall_attempts"], row["postcall_at"]) == (2, 0, None)
    lineage = {"attempt": "a", "events": 2, "try": 1, "version": "v1"}
    mine = {"source": "extraction", "lineage": lineage}
    bench.send(
        event("metric", 20, name="SAID", value="yes", **mine),
        event("postcall", 21, attempt="a", status="ok", **mine),
    )
    row = bench.row(c)
    assert (row["postcall_status"], row["postcall_due_at"], row["SAID"]) == ("ok", None, "yes")
    assert (row["postcall_version"], row["postcall_tries"], row["events_told"]) == ("v1", 1, 2)
    assert row["postcall_at"] == to_datetime(BASE + 21).replace(tzinfo=None)
    retry_at = BASE + 5000
    failed = {"source": "extraction", "lineage": {**lineage, "attempt": "b", "try": 2, "retry_at": retry_at}}
    bench.send(event("postcall", 30, attempt="b", status="failed", error="KeyError: 'x'", **failed))
    row = bench.row(c)
    assert (row["postcall_status"], row["postcall_error"]) == ("failed", "KeyError: 'x'")
    assert row["postcall_due_at"] == to_datetime(retry_at).replace(tzinfo=None)
    assert (row["postcall_attempts"], row["postcall_tries"], row["SAID"]) == (2, 2, "yes")


def test_a_table_made_by_an_older_version_gets_the_new_columns(bench: Bench) -> None:
    project = bench.catalog.projects.create("older").id
    c = new_id()
    start = {"conversation_id": c, "kind": "start", "at": BASE}
    bench.send(start, project=project)
    table = wide_table(project)
    for column in ("postcall_status", "postcall_due_at", "events_told"):
        bench.store.engine.command(f"ALTER TABLE {table} DROP COLUMN {column}")
    bench.store.registries._known.clear()  # as after a restart
    bench.send({**start, "kind": "end", "at": BASE + 1}, project=project)
    rows = bench.store.engine.select(f"SELECT postcall_status, events_told FROM {table} FINAL")
    assert rows == [("pending", 2)]
