"""The columns that metrics are counted from: every write in order, and what was said and called."""

from __future__ import annotations

from typing import Any

from aftercall.model.ids import new_id
from aftercall.model.times import to_datetime
from tests.store.conftest import BASE, Bench

ARRAYS = ("names", "sources", "times", "types", "numbers", "texts")


def event(conversation: str, kind: str, at: int = 0, **fields: Any) -> dict[str, Any]:
    return {"conversation_id": conversation, "kind": kind, "at": BASE + at, **fields}


def writes(bench: Bench, conversation: str) -> list[tuple[Any, ...]]:
    """(name, source, milliseconds after BASE, type, number, text) of each write, from the row's arrays."""
    row = bench.row(conversation)
    arrays = [row[f"write_{name}"] for name in ARRAYS]
    assert len({len(array) for array in arrays}) == 1, arrays
    start = to_datetime(BASE).replace(tzinfo=None)
    arrays[2] = [round((time - start).total_seconds() * 1000) for time in arrays[2]]
    return list(zip(*arrays, strict=True))


def test_every_write_has_its_place_in_the_order_of_the_call(bench: Bench) -> None:
    c = new_id()
    bench.catalog.metrics.register(bench.project.id, "MOOD", "categorical", options=["Calm", "Angry"])
    bench.catalog.metrics.register(bench.project.id, "GUESTS", "integer")
    bench.send(
        event(c, "metric", 50, name="MOOD", value="human says", source="human"),
        event(c, "metric", 10, name="DONE"),
        event(c, "metric", 20, name="MOOD", value=" angry "),
        event(c, "metric", 30, name="GUESTS", value="4"),
        event(c, "metric", 40, name="GUESTS", value=None, source="extraction"),
    )
    assert writes(bench, c) == [
        ("DONE", "agent", 10, "boolean", 1.0, "true"),
        ("MOOD", "agent", 20, "text", 0.0, "Angry"),
        ("GUESTS", "agent", 30, "integer", 4.0, "4"),
        ("GUESTS", "extraction", 40, "null", 0.0, ""),
        ("MOOD", "human", 50, "invalid", 0.0, "human says"),
    ]
    row = bench.row(c)
    assert (row["MOOD"], row["GUESTS"], row["metrics_invalid"]) == (None, 4, ["MOOD"])


def test_a_name_without_a_column_has_its_natural_type(bench: Bench) -> None:
    """Nothing but nulls and invalid values tells no type, so those names enter no registry."""
    c = new_id()
    bench.store.registries._refused[bench.project.id] = {"N1", "N2", "N3", "N4"}
    try:
        bench.send(
            event(c, "metric", 1, name="N1", value=3),
            event(c, "metric", 2, name="N2", value="3"),
            event(c, "metric", 3, name="N3", value=False),
            event(c, "metric", 4, name="N4"),
            event(c, "metric", 5, name="UNTOLD", value=["a", {"b": None}]),
            event(c, "metric", 6, name="UNTOLD", value="<object at 0x1>", invalid="an object"),
            event(c, "metric", 7, name="UNTOLD", value=None),
            event(c, "metric", 8, name="N1", value=2.5),
            event(c, "metric", 9, name="N1", value=2**60 + 1),
        )
    finally:
        bench.store.registries._refused.clear()
    assert [one[3:] for one in writes(bench, c)] == [
        ("number", 3.0, "3"),
        ("text", 0.0, "3"),
        ("boolean", 0.0, "false"),
        ("boolean", 1.0, "true"),
        ("invalid", 0.0, '["a",{"b":null}]'),
        ("invalid", 0.0, "<object at 0x1>"),
        ("null", 0.0, ""),
        ("number", 2.5, "2.5"),
        ("invalid", 0.0, str(2**60 + 1)),  # no double holds it without loss
    ]


def test_what_was_taken_back_or_superseded_is_no_write(bench: Bench) -> None:
    c = new_id()
    extracted = {"source": "extraction", "name": "TOPIC"}
    bench.send(
        event(c, "metric", 1, name="TOPIC", value="kept"),
        event(c, "metric", 2, name="TOPIC", value="taken back", id="oops"),
        event(c, "retraction", 3, target="oops"),
        event(c, "end", 4),
        event(c, "metric", 5, value="old", lineage={"attempt": "pc-1"}, **extracted),
        event(c, "postcall", 6, attempt="pc-1", status="ok"),
        event(c, "metric", 7, value="new", lineage={"attempt": "pc-2"}, **extracted),
        event(c, "postcall", 8, attempt="pc-2", status="ok"),
    )
    assert [(one[1], one[5]) for one in writes(bench, c)] == [("agent", "kept"), ("extraction", "new")]


def test_a_text_is_kept_whole(bench: Bench) -> None:
    c = new_id()
    text = "á'\"\\\n\t\0`{x:String}🙂" * 20_000
    bench.send(event(c, "metric", name="LONG", value=text))
    assert writes(bench, c)[0][5] == text


def test_what_was_said_is_counted_and_timed(bench: Bench) -> None:
    c = new_id()
    bench.send(
        event(c, "start", 0),
        event(c, "turn", 1_000, speaker="user", text=" I'd  like\nto book ", ended_at=BASE + 2_500),
        event(c, "turn", 4_000, speaker="agent", text="Of course.", ended_at=BASE + 5_000, latency_ms=1_500),
        event(c, "turn", 6_000, speaker="user", text="", is_silence=True),
        event(c, "turn", 7_000, speaker="agent", text="Still there?", latency_ms=500),
        event(c, "turn", 8_000, speaker="agent", text="Hello", latency_ms=-3, ended_at=BASE + 8_250),
    )
    row = bench.row(c)
    expected = {
        "num_user_utterances": 2,
        "num_agent_utterances": 3,
        "num_user_words": 4,
        "num_agent_words": 5,
        "user_talk_seconds": 1.5,
        "agent_talk_seconds": 1.25,
        "latency_avg": 1.0,
        "latency_max": 1.5,
        "first_response": 4.0,
    }
    assert {name: row[name] for name in expected} == expected


def test_nothing_told_is_null_and_a_wrong_clock_never_negative(bench: Bench) -> None:
    c, late = new_id(), new_id()
    timed = ("user_talk_seconds", "agent_talk_seconds", "latency_avg", "latency_max", "first_response")
    bench.send(event(c, "turn", speaker="user", text="hello"))
    assert [bench.row(c)[name] for name in timed] == [None] * 5
    bench.send(
        event(late, "turn", 0, speaker="agent", text="hello", ended_at=BASE - 1),
        event(late, "turn", 0, speaker="user", text="hello", ended_at=1),
        event(late, "start", started_at=BASE + 500),
    )
    assert [bench.row(late)[name] for name in timed] == [None, 0.0, None, None, 0.0]


def test_functions_flows_and_handoffs(bench: Bench) -> None:
    c = new_id()
    bench.send(
        event(c, "function_call", 1, name="look_up"),
        event(c, "function_call", 2, name="book", error="full"),
        event(c, "function_call", 3, name="look_up", error="timeout"),
        event(c, "function_call", 4, name="book"),
        event(c, "flow", 5, flow="booking", step="ask"),
        event(c, "flow", 6, flow="booking", step="confirm"),
        event(c, "flow", 7),
        event(c, "flow", 8, step="ask"),
        event(c, "handoff", 9, destination="desk"),
        event(c, "handoff", 9, destination="desk"),
    )
    row = bench.row(c)
    expected = {
        "function_names": ["look_up", "book"],
        "function_failures": ["look_up", "book"],
        "flows": ["booking"],
        "steps": ["ask", "confirm"],
        "num_handoffs": 2,
    }
    assert {name: row[name] for name in expected} == expected


def test_gaps_are_told_by_name(bench: Bench) -> None:
    whole, unknown, unfit, label = new_id(), new_id(), new_id(), new_id()
    bench.catalog.metrics.register(bench.project.id, "SEATS", "integer")
    bench.send(
        event(whole, "metric", 1, name="SEATS", value=None, source="extraction"),
        event(whole, "metric", 2, name="SEATS", value=4),
        event(unknown, "metric", 1, name="SEATS", value=4),
        event(unknown, "metric", 2, name="SEATS", value=None),
        event(unknown, "metric", 3, name="NOBODY_KNOWS", value=None),
        event(unfit, "metric", 1, name="SEATS", value="some"),
        event(label, "turn", speaker="user", text="hello"),
    )
    told = {
        c: [bench.row(c)[name] for name in ("metrics_null", "metrics_invalid")]
        for c in (whole, unknown, unfit, label)
    }
    assert told == {
        whole: [[], []],
        unknown: [["SEATS", "NOBODY_KNOWS"], []],
        unfit: [[], ["SEATS"]],
        label: [[], []],
    }


def test_extracted_writes_say_how(bench: Bench) -> None:
    c, plain = new_id(), new_id()
    ours = {"status": "ok", "definition": "0123456789ab", "extractor": "rules", "attempt": None}
    bench.send(
        event(c, "metric", 1, name="THEME", value="agent's", lineage={"status": "not ours"}),
        event(c, "metric", 2, name="THEME", value="read", source="extraction", lineage=ours),
        event(
            c,
            "metric",
            3,
            name="TONE",
            value=2,
            source="extraction",
            lineage={"status": ["x"], "extractor": "y" * 200},
        ),
        event(plain, "metric", 1, name="THEME", value="said"),
    )
    names = ("write_names", "write_statuses", "write_versions", "write_extractors")
    assert [bench.row(c)[name] for name in names] == [
        ["THEME", "THEME", "TONE"],
        ["", "ok", ""],
        ["", "0123456789ab", ""],
        ["", "rules", ""],
    ]
    assert [bench.row(plain)[name] for name in names[1:]] == [[], [], []]
