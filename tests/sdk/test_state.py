"""conv.state: a dict with attributes whose every change reaches the server."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import threading
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.model import codec
from aftercall.testing import FakeConversation, recording


@dataclasses.dataclass
class Basket:
    items: list[str]


def told(conv: FakeConversation) -> dict[str, Any]:
    """The state as the server has it: all state events applied, decoded."""
    state: dict[str, Any] = {}
    for event in conv.events_of("state"):
        state.update(event.get("set", {}))
        for key in event.get("deleted", []):
            state.pop(key, None)
    return {key: codec.decode(value, lambda module, name: Basket) for key, value in state.items()}


def test_missing_keys() -> None:
    conv = recording()
    with pytest.raises(KeyError):
        conv.state["x"]
    assert conv.state.x is None
    assert conv.state.get("x", 5) == 5
    assert "x" not in conv.state


def test_both_ways_to_set_and_read() -> None:
    conv = recording()
    conv.state.name = "Ada"
    conv.state["count"] = 1
    conv.state.count += 1
    conv.state["count"] += 1
    conv.state.update({"a": 1}, b=2)
    conv.state |= {"c": 3}
    assert conv.state.setdefault("d", 4) == 4
    assert conv.state.setdefault("d", 5) == 4
    expected = {"name": "Ada", "count": 3, "a": 1, "b": 2, "c": 3, "d": 4}
    assert dict(conv.state) == expected
    assert isinstance(conv.state, dict)
    assert json.loads(json.dumps(conv.state)) == expected
    assert told(conv) == expected


def test_every_way_to_delete() -> None:
    conv = recording(state={"a": 1, "b": 2, "c": 3, "d": 4, "e": 5})
    del conv.state["a"]
    del conv.state.b
    del conv.state.never
    assert conv.state.pop("c") == 3
    assert conv.state.pop("c", None) is None
    conv.state.popitem()
    assert told(conv) == dict(conv.state) == {"d": 4}
    conv.state.clear()
    assert told(conv) == {}


def test_another_dict_takes_its_place() -> None:
    conv = recording(state={"a": 1, "b": 2})
    conv.state = {"b": 3, "c": [4]}  # type: ignore[assignment]
    conv.state.c.append(5)
    conv.state = conv.state
    conv.add_turn("user", "hello")
    assert told(conv) == dict(conv.state) == {"b": 3, "c": [4, 5]}


@pytest.mark.parametrize("nothing", [None, 5, "text", [("a", 1)]])
def test_what_is_no_dict_changes_nothing(nothing: Any) -> None:
    conv = recording(state={"a": 1})
    conv.state = nothing
    assert told(conv) == dict(conv.state) == {"a": 1}
    assert "the state is a dict" in conv.events_of("log")[0]["content"]


def test_python_objects_survive() -> None:
    conv = recording()
    values = {
        "naive": datetime(2026, 3, 1, 9, 30),
        "aware": datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"), fold=1),
        "zone": ZoneInfo("Europe/London"),
        "wait": timedelta(seconds=3),
        "seen": {"a", "b"},
        "basket": Basket(["tea"]),
    }
    conv.state.update(values)
    assert told(conv) == values


@pytest.mark.parametrize("change", ["list", "dict", "nested", "object", "set"])
def test_changes_in_place_are_told_at_the_next_event(change: str) -> None:
    conv = recording(state={"list": [1], "dict": {}, "nested": {"a": [{}]}, "object": Basket([]), "set": {1}})
    before = len(conv.events_of("state"))
    if change == "list":
        conv.state.list.append(2)
    elif change == "dict":
        conv.state["dict"]["k"] = 1
    elif change == "nested":
        conv.state.nested["a"][0]["deep"] = True
    elif change == "object":
        conv.state.object.items.append("tea")
    else:
        conv.state.set.add(2)
    conv.add_turn("user", "next")
    assert told(conv) == dict(conv.state)
    assert len(conv.events_of("state")) == before + 1
    assert list(conv.events_of("state")[-1]["set"]) == [change]


@pytest.mark.parametrize(
    "event",
    [
        lambda conv: conv.add_turn("user", "x"),
        lambda conv: conv.record_function_call("f"),
        lambda conv: conv.goto_flow("F"),
        lambda conv: conv.goto_step("S"),
        lambda conv: conv.exit_flow(),
        lambda conv: conv.call_handoff("desk"),
        lambda conv: conv.end(),
    ],
)
def test_every_checkpoint_looks(event: Any) -> None:
    conv = recording(state={"list": [1]})
    kept = conv.state.list  # no access through the state again
    kept.append(2)
    event(conv)
    assert told(conv) == {"list": [1, 2]}
    if conv.ended:
        assert conv.events[-1]["kind"] == "end"


def test_nothing_new_is_no_event() -> None:
    conv = recording(state={"list": [1], "x": 1})
    before = len(conv.events)
    conv.state.x = 1
    conv.state.list = [1]
    conv.flow("F")
    assert [event["kind"] for event in conv.events[before:]] == ["flow"]


def test_what_cannot_be_kept_is_text_and_reported_once() -> None:
    conv = recording()
    for _ in range(3):
        conv.state.socket = threading.Lock()
    notes = [event for event in conv.events_of("log") if "socket" in event["content"]]
    assert len(notes) == 1
    assert notes[0]["level"] == "warning"
    assert "lock" in told(conv)["socket"]


def test_what_contains_itself_is_reported_and_does_not_hang() -> None:
    conv = recording()
    loop: list[Any] = []
    loop.extend([loop, loop])
    conv.state.loop = loop
    conv.add_turn("user", "x")
    assert "too large or referring to itself" in told(conv)["loop"]


def test_keys_that_are_no_text() -> None:
    conv = recording()
    conv.state[7] = "x"
    assert conv.state[7] == "x"
    assert told(conv) == {"7": "x"}
    assert any("key is a int" in event["content"] for event in conv.events_of("log"))


def test_names_of_methods_are_kept_under_their_key() -> None:
    conv = recording()
    conv.state.items = [1]
    assert conv.state["items"] == [1]
    assert told(conv) == {"items": [1]}


def test_copies_are_plain_dicts_that_tell_nobody() -> None:
    conv = recording(state={"a": [1]})
    for made in (copy.deepcopy(conv.state), copy.copy(conv.state), pickle.loads(pickle.dumps(conv.state))):  # noqa: S301
        assert type(made) is dict
        assert made == {"a": [1]}


def test_threads_that_change_while_another_looks() -> None:
    conv = recording(state={"shared": {}})
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.is_set():
            conv.state.shared[f"k{number % 500}"] = number
            number += 1

    changer = threading.Thread(target=change)
    changer.start()
    for _ in range(100):
        conv.add_turn("user", "x")
    stop.set()
    changer.join()
    conv.end()
    assert told(conv)["shared"] == conv.state.shared
    assert all(isinstance(event["set"]["shared"], dict) for event in conv.events_of("state"))


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("set"), st.sampled_from("abc"), st.one_of(st.integers(0, 3), st.lists(st.integers(0, 2)))
        ),
        st.tuples(st.just("append"), st.sampled_from("abc"), st.integers(0, 2)),
        st.tuples(st.just("del"), st.sampled_from("abc"), st.none()),
        st.tuples(st.just("turn"), st.none(), st.none()),
    ),
    max_size=30,
)


@given(steps)
def test_the_server_ends_with_the_same_state(steps: list[tuple[str, Any, Any]]) -> None:
    conv = recording()
    for what, key, value in steps:
        if what == "set":
            conv.state[key] = copy.copy(value)
        elif what == "append" and isinstance(conv.state.get(key), list):
            conv.state[key].append(value)
        elif what == "del":
            conv.state.pop(key, None)
        elif what == "turn":
            conv.add_turn("user", "x")
    conv.end()
    assert told(conv) == dict(conv.state)
