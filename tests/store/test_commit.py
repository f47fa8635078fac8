"""What is acknowledged is in every table, once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from aftercall.model.ids import new_id
from aftercall.model.times import to_datetime
from aftercall.store.reader import Filter
from aftercall.store.rejects import reject_row
from tests.store.conftest import BASE, Bench, incoming

DAY = 86_400_000


def event(conversation: str, kind: str, at: int = 0, **fields: Any) -> dict[str, Any]:
    return {"conversation_id": conversation, "kind": kind, "at": BASE + at, **fields}


def test_a_call_becomes_a_row(bench: Bench) -> None:
    c = new_id()
    verdict = bench.send(
        event(
            c,
            "start",
            channel="chat",
            from_number="+44 20",
            variant_name="b",
            tags=["vip"],
            attributes={"crm": 7},
        ),
        event(c, "turn", 100, speaker="agent", text="Hello"),
        event(c, "turn", 200, speaker="user", text="I want to book", interrupted=False),
        event(c, "turn", 300, speaker="agent", text="Of course", interrupted=True),
        event(c, "turn", 400, speaker="user", text="", is_silence=True),
        event(c, "metric", 500, name="BOOKED"),
        event(c, "metric", 500, name="REASON", value="booking"),
        event(c, "metric", 500, name="WAIT", value=2.5),
        event(c, "function_call", 550, name="book", error="full"),
        event(c, "state", 600, set={"day": {"$date": "2026-03-01"}, "x": 1}),
        event(c, "state", 610, deleted=["x"]),
        event(c, "handoff", 700, destination="desk", reason="asked"),
        event(c, "end", 1500, reason="handoff"),
    )
    assert (verdict.accepted, verdict.duplicates, verdict.refused) == (13, 0, [])
    row = bench.row(c)
    moment = to_datetime(BASE).replace(tzinfo=None)
    assert row["started_at"] == moment
    assert row["ended_at"] == to_datetime(BASE + 1500).replace(tzinfo=None)
    expected = {
        "in_progress": False,
        "duration": 1.5,
        "agent_duration": 0.7,
        "channel": "chat",
        "environment": "live",
        "from_number": "+44 20",
        "variant_name": "b",
        "tags": ["vip"],
        "attributes": '{"crm":7}',
        "state": '{"day":"2026-03-01"}',
        "num_turns": 3,
        "num_utterances": 4,
        "num_silences": 1,
        "num_interruptions": 1,
        "num_function_calls": 1,
        "num_function_errors": 1,
        "handoff": True,
        "handoff_reason": "asked",
        "handoff_destination": "desk",
        "ended_reason": "handoff",
        "BOOKED": True,
        "REASON": "booking",
        "WAIT": 2.5,
        "metrics_written": ["BOOKED", "REASON", "WAIT"],
        "events": 13,
    }
    assert {name: row[name] for name in expected} == expected
    assert bench.spoken(c) == ["Hello", "I want to book", "Of course", ""]


def test_a_repeated_event_counts_once_and_the_first_copy_stays(bench: Bench) -> None:
    c = new_id()
    write = event(c, "metric", name="REASON", value="first", id="m")
    assert bench.send(write, write).duplicates == 1
    assert bench.send({**write, "value": "second"}).duplicates == 1
    assert bench.row(c)["REASON"] == "first"
    assert bench.row(c)["events"] == 1


def test_one_id_in_two_conversations_is_two_events(bench: Bench) -> None:
    a, b = new_id(), new_id()
    assert (
        bench.send(
            event(a, "metric", name="N", value=1, id="m"), event(b, "metric", name="N", value=2, id="m")
        ).accepted
        == 2
    )
    assert (bench.row(a)["N"], bench.row(b)["N"]) == (1, 2)


def test_a_corrected_start_moves_the_row_and_its_turns(bench: Bench) -> None:
    c = new_id()
    bench.send(event(c, "start"), event(c, "turn", speaker="user", text="hello there"))
    for said, back in enumerate((1, 40, 1, 400)):  # within the month, across months, and back again
        bench.send(event(c, "start", said + 1, started_at=BASE - back * DAY))
        assert bench.row(c)["started_at"] == to_datetime(BASE - back * DAY).replace(tzinfo=None)
        assert bench.spoken(c) == ["hello there"]
        which = Filter(start=BASE - back * DAY, end=BASE - back * DAY + 1, words="hello")
        assert [
            f.conversation_id for f in bench.store.reader.page(bench.project.id, which, limit=10).items
        ] == [c]


def test_events_told_before_their_start(bench: Bench) -> None:
    c = new_id()
    bench.send(event(c, "turn", 5000, speaker="user", text="too early"))
    bench.send(event(c, "metric", 4000, name="N", value=4))
    bench.send(event(c, "start", 0))
    row = bench.row(c)
    assert row["started_at"] == to_datetime(BASE).replace(tzinfo=None)
    assert (row["N"], row["num_turns"], bench.spoken(c)) == (4, 1, ["too early"])


def test_a_retraction_takes_back_what_was_said_even_if_it_comes_first(bench: Bench) -> None:
    c = new_id()
    bench.send(event(c, "retraction", target="m"), event(c, "turn", 1, speaker="user", text="secret", id="t"))
    bench.send(event(c, "metric", 2, name="N", value=1, id="m"), event(c, "metric", 1, name="N", value=7))
    assert bench.row(c)["N"] == 7
    bench.send(event(c, "retraction", 9, target="t"))
    assert bench.spoken(c) == []
    assert bench.row(c)["num_turns"] == 0
    assert bench.row(c)["events"] == 5


def test_values_that_do_not_fit_stay_events_and_are_marked(bench: Bench) -> None:
    c = new_id()
    bench.catalog.metrics.register(bench.project.id, "SCORE", "integer")
    bench.store.registries.of(bench.project.id, fresh=True)
    bench.send(event(c, "metric", name="SCORE", value="2"))
    assert (bench.row(c)["SCORE"], bench.row(c)["metrics_invalid"]) == (2, [])
    bench.send(event(c, "metric", 1, name="SCORE", value=["two"]))
    assert (bench.row(c)["SCORE"], bench.row(c)["metrics_invalid"]) == (None, ["SCORE"])
    bench.send(event(c, "metric", 2, name="SCORE", value=None))
    row = bench.row(c)
    assert (row["SCORE"], row["metrics_invalid"], row["metrics_written"]) == (None, [], ["SCORE"])


def test_only_five_hundred_names_enter_by_themselves_and_the_rest_are_kept(bench: Bench) -> None:
    project = bench.catalog.projects.create("wide").id
    c = new_id()
    bench.send(*(event(c, "metric", i, name=f"N{i}", value=i) for i in range(510)), project=project)
    registry = bench.store.registries.of(project, fresh=True)
    assert len(registry.metrics) == 500
    found = bench.store.reader.get(project, c)
    assert found is not None
    assert len(found.conversation.metrics) == 510
    written = bench.store.engine.select(f"SELECT metrics_written FROM conversations_{project} FINAL")
    assert len(written[0][0]) == 510


HOSTILE = [
    "a`b",
    "x; DROP TABLE events",
    "'",
    '"',
    "日本",
    "select",
    "state",
    "STATE",
    "conversation_id",
    "1st",
    "é" * 100,
]


def test_hostile_names_become_columns_or_stay_events(bench: Bench) -> None:
    c = new_id()
    bench.send(*(event(c, "metric", i, name=name, value=i) for i, name in enumerate(HOSTILE)))
    row = bench.row(c)
    registry = bench.store.registries.of(bench.project.id)
    assert {name: row[registry.by_name[name].column] for name in HOSTILE} == {
        name: i for i, name in enumerate(HOSTILE)
    }
    assert row["conversation_id"] == c


TEXTS = [
    "tab\tnew\nline",
    "back\\slash",
    "quo'te\"",
    "nul\0",
    "💥",
    "\\N",
    "{x:String}",
    "</script>",
    "\u202e",
]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_back_as_it_was(bench: Bench, text: str) -> None:
    c = text + new_id()
    bench.send(
        event(c, "start", language=text, tags=[text]),
        event(c, "turn", speaker="user", text=text),
        event(c, "metric", name="TEXT", value=text),
    )
    row = bench.row(c)
    assert (row["language"], row["tags"], row["TEXT"], bench.spoken(c)) == (text, [text], text, [text])
    which = Filter(words="slash") if "slash" in text else Filter()
    page = bench.store.reader.page(bench.project.id, which, limit=500)
    assert c in [found.conversation_id for found in page.items]


def test_an_erased_conversation_is_gone_and_stays_gone(bench: Bench) -> None:
    c = new_id()
    bench.send(event(c, "start"), event(c, "turn", speaker="user", text="forget xyzzy"), event(c, "end", 9))
    bench.send(event(c, "erasure", reason="asked"))
    assert bench.rows(c) == []
    assert bench.spoken(c) == []
    assert bench.store.reader.get(bench.project.id, c) is None
    late = bench.send(event(c, "turn", 5, speaker="user", text="late xyzzy"))
    assert [code for _, code, _ in late.refused] == ["ERASED"]
    bench.store.eraser.settle()
    for table in ("events", "turns", f"conversations_{bench.project.id}"):
        kept = bench.store.engine.select_dicts(
            f"SELECT * FROM {table} WHERE conversation_id = {{c:String}}", {"c": c}
        )
        assert "xyzzy" not in str(kept)
    assert bench.store.sweeper.sweep() == 0
    assert bench.rows(c) == []


def test_the_sweep_finishes_what_a_crash_left(bench: Bench) -> None:
    """Events on disk, but neither row nor turns: as after kill -9 between the two inserts."""
    c = new_id()
    said = [event(c, "start"), event(c, "turn", 1, speaker="user", text="half done")]
    bench.store.engine.insert("events", [incoming(e).record(bench.project.id, 5) for e in said])
    assert bench.rows(c) == []
    assert bench.store.sweeper.sweep() == 1
    assert (bench.row(c)["num_turns"], bench.spoken(c)) == (1, ["half done"])
    assert bench.store.sweeper.sweep() == 0


def test_the_sweep_leaves_one_row_where_two_servers_wrote_two(bench: Bench) -> None:
    c = new_id()
    bench.send(event(c, "start"))
    stray = {**bench.row(c), "started_at": 1_600_000_000.0, "version": 1 << 32}
    stray = {name: value for name, value in stray.items() if value and not isinstance(value, datetime)}
    bench.store.engine.insert(f"conversations_{bench.project.id}", [stray])
    assert len(bench.rows(c)) == 2
    assert bench.store.sweeper.sweep() == 1
    assert bench.row(c)["started_at"] == to_datetime(BASE).replace(tzinfo=None)


def test_a_failing_request_does_not_take_its_neighbours_down(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aftercall.errors import Unavailable

    real = bench.store.engine.insert

    def insert(table: str, rows: Any) -> None:
        if table == "events" and any("poison" in row.body for row in rows):
            raise OSError("disk")
        real(table, rows)

    monkeypatch.setattr(bench.store.engine, "insert", insert)
    good, bad = new_id(), new_id()
    futures = [
        (c, future)
        for c, text in ((good, "fine"), (bad, "poison"))
        for future in bench.store.committer.submit(
            bench.project.id, [incoming(event(c, "turn", speaker="user", text=text))]
        )
    ]
    for c, future in futures:
        if c == good:
            assert future.result(timeout=30).accepted == 1
        else:
            with pytest.raises(Unavailable, match="send them again"):
                future.result(timeout=30)
    assert bench.spoken(good) == ["fine"]
    assert bench.rows(bad) == []


def test_pages_are_stable_while_calls_come_in(bench: Bench) -> None:
    project = bench.catalog.projects.create("pages").id
    old = [f"c{i:03}" for i in range(30)]
    # ten share one millisecond: the id decides among them
    bench.send(*(event(c, "start", i // 10) for i, c in enumerate(old)), project=project)
    seen: list[str] = []
    after = None
    for round_ in range(10):
        page = bench.store.reader.page(project, Filter(), limit=4, after=after)
        seen += [found.conversation_id for found in page.items]
        after = page.last
        bench.send(event(f"new{round_}", "start", 1000), project=project)
        if not page.more:
            break
    assert seen == sorted(old, reverse=True)


def test_times_are_kept_to_the_millisecond(bench: Bench) -> None:
    c = new_id()
    start = int(datetime(2024, 2, 29, 23, 59, 59, 999000, tzinfo=UTC).timestamp() * 1000) // 1
    bench.send({"conversation_id": c, "kind": "start", "at": start})
    assert bench.row(c)["started_at"] == datetime(2024, 2, 29, 23, 59, 59, 999000)


def test_refused_events_are_kept_beside_good_ones_and_alone(bench: Bench) -> None:
    good = [incoming(event(new_id(), "start"), i) for i in range(5)]
    for items in (good, []):
        before = bench.store.rejects.count(bench.project.id)
        refused = reject_row(
            bench.project.id,
            position=9,
            code="UNKNOWN_KIND",
            reason="no such",
            payload="{}",
            received_at=BASE,
        )
        for future in bench.store.committer.submit(bench.project.id, items, [refused]):
            future.result(timeout=60)
        assert bench.store.rejects.count(bench.project.id) == before + 1
