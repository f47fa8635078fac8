"""What becomes of one conversation of a file."""

from __future__ import annotations

import gzip
import json
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aftercall.ingest.importer.conversation import BadLine, read
from aftercall.ingest.importer.derived import error_of, is_handoff, metric_name, snake
from aftercall.ingest.importer.mapping import events_of
from aftercall.model.events import encoder, event_decoder
from tests.ingest.importing import STARTED_MS, call, tool, turn

FALLBACK = 1_700_000_000_000
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def mapped(told: dict[str, Any], *, labels: bool = False) -> list[dict[str, Any]]:
    events = events_of(read(json.dumps(told).encode()), FALLBACK, labels=labels)
    for event in events:
        event_decoder.decode(encoder.encode(event))  # what the server would read
    return events


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["kind"] for event in events]


def of_kind(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["kind"] == kind]


def metrics(events: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(event["name"], event.get("value", "happened")) for event in of_kind(events, "metric")]


def test_a_conversation_becomes_events_in_the_order_of_its_life() -> None:
    events = mapped(call())
    assert kinds(events) == [
        *("start", "turn", "turn", "function_call", "metric", "metric", "turn", "metric", "metric", "end"),
    ]
    assert [event["seq"] for event in events] == list(range(1, 11))
    assert events[-1]["last_seq"] == 10
    assert {event["source"] for event in events} == {"import"}
    assert {event["conversation_id"] for event in events} == {"call-1"}
    assert len({event["id"] for event in events}) == 10


def test_times_are_counted_from_the_start() -> None:
    events = mapped(call())
    assert [event["at"] - STARTED_MS for event in events] == [
        *(0, 1_000, 3_000, 6_000, 6_000, 6_000, 9_000, 20_000, 20_000, 20_000),
    ]
    first, second, third = of_kind(events, "turn")
    assert (first["ended_at"], third["ended_at"]) == (STARTED_MS + 2_000, STARTED_MS + 9_500)
    assert third["latency_ms"] == 4_000  # the tool took most of it
    assert not any("times_estimated" in event for event in events)
    assert "tags" not in events[0]
    assert second["speaker"] == "user"


def test_latency_runs_from_the_end_of_the_user_to_the_agent() -> None:
    turns = [turn("user", "hello", 0, 1_000), turn("agent", "hi", 1_600), turn("user", "so", 3_000, None)]
    turns.append(turn("agent", "yes", 4_000))
    agents = [
        one for one in of_kind(mapped(call(turns=turns, events=[])), "turn") if one["speaker"] == "agent"
    ]
    assert [one.get("latency_ms") for one in agents] == [600, None]


def test_facts_of_the_start() -> None:
    start = mapped(call(group="pilot", weather="rain"))[0]
    assert (start["channel"], start["language"], start["from_number"]) == ("voice", "en", "+15550123")
    assert start["attributes"] == {"source": "made up", "agent": "desk", "group": "pilot", "weather": "rain"}


def test_what_has_no_place_of_its_own_survives() -> None:
    told = call(
        turns=[turn("user", "hello", 0, 900, asr_text="yellow", is_ood=True, at="its own", id=7)],
        events=[tool("look_up", total_items=3, id="x")],
    )
    events = mapped(told)
    (said,) = of_kind(events, "turn")
    assert said["asr_text"] == "yellow"
    assert said["is_ood"] is True
    assert (said["import_at"], said["import_id"]) == ("its own", 7)
    assert (said["id"], said["at"]) == ("import:turn:0", STARTED_MS)
    (called,) = of_kind(events, "function_call")
    assert (called["total_items"], called["import_id"], called["id"]) == (3, "x", "import:event:0")


def test_tool_calls_are_events_and_metrics() -> None:
    told = call(
        events=[
            tool("book_table", after_turn=1, args={"seats": 2}, result={"ok": True}),
            tool(
                "book_table", after_turn=1, args={"seats": 3}, result={"status": "error", "message": "full"}
            ),
            tool("Menu_1.ShowMenu", after_turn=2, result=[]),
        ]
    )
    events = mapped(told)
    calls = of_kind(events, "function_call")
    assert [one["name"] for one in calls] == ["book_table", "book_table", "Menu_1.ShowMenu"]
    assert [one.get("error") for one in calls] == [None, "full", None]
    assert calls[0]["arguments"] == {"seats": 2}
    assert calls[1]["result"] == {"status": "error", "message": "full"}
    assert metrics(events) == [
        ("TOOL_CALLED", "book_table"),
        ("CALLED_BOOK_TABLE", "happened"),
        ("TOOL_CALLED", "book_table"),
        ("TOOL_CALLED", "Menu_1.ShowMenu"),
        ("CALLED_MENU_1_SHOW_MENU", "happened"),
        ("TOOL_CALLS", 3),
        ("TOOL_ERRORS", 1),
    ]


def test_other_events_are_custom_and_a_metric() -> None:
    told = call(
        events=[
            {"type": "task_selected", "after_turn": 1, "start_ms": 2_000, "name": "lunch"},
            {"type": "caller_marked_done", "start_ms": 19_000},
            {"type": "form", "args": {"seats": 2}},
        ]
    )
    events = mapped(told)
    customs = of_kind(events, "custom")
    assert [one["name"] for one in customs] == ["task_selected", "caller_marked_done", "form"]
    assert customs[2]["data"] == {"args": {"seats": 2}}
    assert metrics(events)[:3] == [
        ("TASK_SELECTED", "lunch"),
        ("CALLER_MARKED_DONE", "happened"),
        ("FORM", "happened"),
    ]
    assert metrics(events)[3:] == [("TOOL_CALLS", 0), ("TOOL_ERRORS", 0)]


def test_a_transfer_that_worked_is_a_handoff() -> None:
    args = {"transfer_reason": "policy", "department": "refunds"}
    worked = mapped(call(events=[tool("transfer_to_agent", args=args)]))
    (handoff,) = of_kind(worked, "handoff")
    assert (handoff["reason"], handoff["destination"]) == ("policy", "refunds")
    assert worked[-1]["reason"] == "handoff"
    failed = mapped(call(events=[tool("transfer_to_agent", args=args, error=True, result="nobody there")]))
    assert of_kind(failed, "handoff") == []
    assert of_kind(failed, "function_call")[0]["error"] == "nobody there"
    assert "reason" not in failed[-1]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("transfer_to_agent", True),
        ("TransferCall", True),
        ("transfer_call_to_front_desk", True),
        ("escalate_to_a_human", True),
        ("handoff", True),
        ("hand-off", True),
        ("Banks_1.TransferMoney", False),
        ("transfer_to_savings", False),
        ("handoff_notes", False),
    ],
)
def test_which_names_mean_a_handoff(name: str, is_one: bool) -> None:
    assert is_handoff(tool(name)) is is_one


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (tool("x", result="fine"), None),
        (tool("x", error="timed out"), "timed out"),
        (tool("x", error=True, result='{"status": "error", "message": "not found"}'), "not found"),
        (tool("x", error=True, result=None), "failed"),
        (tool("x", error=False, result={"status": "error"}), None),
        (tool("x", result='{"status": "error", "error_type": "late"}'), "late"),
        (tool("x", result={"success": False}), "failed"),
        (tool("x", result='{"is_error": true, "error": "no"}'), "no"),
        (tool("x", result="{not json"), None),
        (tool("x", result={"Message": "error is a word"}), None),
        (tool("x", result=[{"status": "error"}]), None),
    ],
)
def test_when_a_result_says_so_the_tool_failed(event: dict[str, Any], error: str | None) -> None:
    assert error_of(event) == error


def test_labels_stay_out_unless_asked_for() -> None:
    told = call(
        labels={"outcome": "booked", "reasons": ["a", "b"], "rating": 3, "ok": True, "no": None, "o": {}}
    )
    without = mapped(told)
    assert "booked" not in json.dumps(without)
    assert [name for name, _ in metrics(without) if name.startswith("LABEL_")] == []
    labelled = mapped(told, labels=True)
    assert labelled[: len(without)] == without
    added = labelled[len(without) :]
    assert {(one["source"], one["seq"], one["kind"]) for one in added} == {("human", 0, "metric")}
    assert [(one["name"], one["value"]) for one in added] == [
        ("LABEL_OUTCOME", "booked"),
        ("LABEL_REASONS", "a"),
        ("LABEL_REASONS", "b"),
        ("LABEL_RATING", 3),
        ("LABEL_OK", True),
        ("LABEL_O", "{}"),
    ]


def test_without_any_times_order_is_kept_and_said_to_be_a_guess() -> None:
    turns = [turn("user" if n % 2 else "agent", str(n)) for n in range(5)]
    events = mapped(call(started_at=None, duration_ms=None, turns=turns, events=[tool("t", after_turn=2)]))
    assert {event["times_estimated"] for event in events} == {True}
    assert events[0]["tags"] == ["times-estimated"]
    assert [event["at"] - FALLBACK for event in of_kind(events, "turn")] == [1, 2, 3, 4, 5]
    order = sorted(events, key=lambda event: (event["at"], event["seq"]))
    assert order == events
    assert kinds(events).index("function_call") == kinds(events).index("turn") + 2


def test_missing_times_lie_between_their_neighbours() -> None:
    starts = [None, 2_000, None, None, 8_000, None]
    turns = [turn("user", str(n), start) for n, start in enumerate(starts)]
    said = of_kind(mapped(call(turns=turns, events=[])), "turn")
    assert [one["at"] - STARTED_MS for one in said] == [1_000, 2_000, 4_000, 6_000, 8_000, 14_000]
    assert ["times_estimated" in one for one in said] == [start is None for start in starts]


def test_times_that_go_back_are_believed() -> None:
    """People speak at once; the file knows better than its own order."""
    turns = [turn("agent", "as I was saying", 5_000), turn("user", "hold on", 4_000)]
    said = of_kind(mapped(call(turns=turns, events=[])), "turn")
    assert [one["at"] - STARTED_MS for one in said] == [5_000, 4_000]


def test_an_event_without_a_place_is_placed_by_its_time() -> None:
    events = mapped(call(events=[{"type": "beep", "start_ms": 4_000}, {"type": "hum", "after_turn": 99}]))
    order = [event.get("name") or event.get("text") or event["kind"] for event in events]
    assert order.index("beep") == order.index("A table for two, please") + 1
    assert order.index("hum") > order.index("Done")


def test_the_end_is_never_before_the_last_thing_that_happened() -> None:
    assert mapped(call(duration_ms=0))[-1]["at"] == STARTED_MS + 9_500
    assert mapped(call(duration_ms=None))[-1]["at"] == STARTED_MS + 9_500
    assert mapped(call(duration_ms=None))[-1]["times_estimated"] is True
    assert mapped(call(turns=[], events=[], duration_ms=None))[-1]["at"] == STARTED_MS


def test_names_become_upper_snake() -> None:
    assert snake("Hotels_1.ReserveHotel") == "hotels_1_reserve_hotel"
    assert snake("HTTPServer2Go") == "http_server_2_go"
    assert metric_name("CALLED_", "pull-up-account") == "CALLED_PULL_UP_ACCOUNT"
    assert metric_name("CALLED_", "予約") == "CALLED_予約"
    assert metric_name("CALLED_", "!?") == "CALLED_UNNAMED"
    assert len(metric_name("CALLED_", "x" * 500)) <= 200


@pytest.mark.parametrize(
    ("changes", "code", "part"),
    [
        ({"id": None}, "WRONG_SHAPE", '"id"'),
        ({"id": True}, "WRONG_SHAPE", '"id"'),
        ({"turns": None}, "WRONG_SHAPE", '"turns" must be a list'),
        ({"turns": {}}, "WRONG_SHAPE", '"turns" must be a list'),
        ({"turns": ["hello"]}, "WRONG_SHAPE", "turn 1"),
        ({"turns": [turn("user", "a"), turn("robot", "b")]}, "WRONG_SHAPE", "turn 2"),
        ({"turns": [{"speaker": "user", "text": None}]}, "WRONG_SHAPE", "turn 1"),
        ({"turns": [turn("user", "a") | {"start_ms": "1"}]}, "WRONG_SHAPE", "turn 1: start_ms"),
        ({"turns": [turn("user", "a") | {"end_ms": True}]}, "WRONG_SHAPE", "turn 1: end_ms"),
        ({"turns": [turn("user", "a", 1_772_443_800_000)]}, "WRONG_TIME", "more than a year"),
        ({"events": 3}, "WRONG_SHAPE", '"events"'),
        ({"events": [{"name": "x"}]}, "WRONG_SHAPE", "event 1"),
        ({"events": [{"type": "x", "name": 3}]}, "WRONG_SHAPE", "event 1"),
        ({"labels": []}, "WRONG_SHAPE", '"labels"'),
        ({"lang": 3}, "WRONG_SHAPE", '"lang"'),
        ({"started_at": "soon"}, "WRONG_TIME", "started_at"),
        ({"started_at": True}, "WRONG_TIME", "started_at"),
        ({"started_at": "1999-12-31T23:59:59Z"}, "WRONG_TIME", "before the year 2000"),
        ({"started_at": "2999-01-01"}, "WRONG_TIME", "future"),
        ({"duration_ms": "long"}, "WRONG_SHAPE", "duration_ms"),
    ],
)
def test_a_wrong_shape_is_told_with_its_place(changes: dict[str, Any], code: str, part: str) -> None:
    with pytest.raises(BadLine) as bad:
        mapped(call(**changes))
    assert bad.value.code == code
    assert part in bad.value.reason


@pytest.mark.parametrize("data", [b"{", b"[]", b"null", b'"x"', b'{"id": "\\ud800"}', b"\xff", b"NaN"])
def test_what_is_no_json_object_is_told(data: bytes) -> None:
    with pytest.raises(BadLine):
        read(data)


def test_deep_nesting_is_told() -> None:
    with pytest.raises(BadLine) as bad:
        read(b'{"id": "a", "turns": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    assert bad.value.code == "TOO_DEEP"


def test_a_number_may_be_the_id() -> None:
    assert mapped(call(id_="x", id=42))[0]["conversation_id"] == "42"


@pytest.mark.filterwarnings("default:.*NOT tried on it:UserWarning")
@pytest.mark.parametrize(
    ("file", "conversations", "turns"),
    [
        ("star", 4_980, 86_526),
        ("eva_voice", 219, 1_892),
        ("sgd", 1_174, 22_704),
        ("harper_valley_sample", 6, 76),
        ("abcd_sample", 5, 102),
    ],
)
def test_real_files_map_whole(file: str, conversations: int, turns: int) -> None:
    path = DATA / f"{file}.jsonl.gz"
    if not path.exists():
        warnings.warn(f"{path} is absent: the mapping was NOT tried on it", stacklevel=1)
        return
    count: Counter[str] = Counter()
    with gzip.open(path) as packed:
        for line in packed:
            told = read(line)
            events = events_of(told, FALLBACK)
            count["conversations"] += 1
            count.update(kinds(events))
            for event in events:
                event_decoder.decode(encoder.encode(event))
            said = sorted(of_kind(events, "turn"), key=lambda event: (event["at"], event["seq"]))
            assert [one["text"] for one in said] == [one["text"] for one in told.turns]
            assert len(of_kind(events, "function_call")) + len(of_kind(events, "custom")) == len(told.events)
    assert (count["conversations"], count["turn"]) == (conversations, turns)
    assert count["handoff"] == (24 if file == "eva_voice" else 0)
