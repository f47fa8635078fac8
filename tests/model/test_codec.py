"""State survives the codec, whatever a project puts into it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.model.codec import MAX_VALUES, StateCodecError, decode, encode, plain


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@dataclass
class Slot:
    when: datetime
    tags: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Frozen:
    n: int


CLASSES: dict[str, type] = {cls.__qualname__: cls for cls in (Colour, Level, Slot, Frozen)}


def resolve(module: str, name: str) -> type | None:
    return CLASSES.get(name) if module == __name__ else None


def through(value: object) -> Any:
    """Encoded, through real JSON text, and decoded."""
    encoded, problems = encode(value)
    assert problems == []
    return decode(json.loads(json.dumps(encoded, allow_nan=False)), resolve)


zones = st.sampled_from([ZoneInfo("Europe/London"), ZoneInfo("America/New_York"), ZoneInfo("UTC")])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(max_size=20),
    st.decimals(allow_nan=False),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.datetimes(),
    st.datetimes(timezones=zones),
    st.datetimes(timezones=st.just(UTC)),
    zones,
    st.sampled_from([Colour.RED, Level.HIGH, Frozen(2)]),
)
hashable = st.one_of(
    st.integers(), st.text(st.characters(exclude_categories=["Cs"])), st.dates(), st.just((1, "a"))
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.sampled_from(["$datetime", "$dict", "a"]), hashable), inner, max_size=4),
        st.sets(hashable, max_size=4),
        st.frozensets(hashable, max_size=3),
    ),
    max_leaves=12,
)


@given(values)
def test_every_value_comes_back_equal_and_of_its_type(value: Any) -> None:
    back = through(value)
    assert back == value
    assert type(back) is type(value)


@given(values)
def test_the_plain_form_is_json_without_tags(value: Any) -> None:
    encoded, _ = encode({"x": value})
    text = json.dumps(plain(encoded), allow_nan=False)
    assert isinstance(json.loads(text), dict)


def test_both_sides_of_a_clock_change_stay_apart() -> None:
    """At 01:30 on that day London has two instants; only ``fold`` tells them apart."""
    zone = ZoneInfo("Europe/London")
    first = datetime(2026, 10, 25, 1, 30, tzinfo=zone)
    second = first.replace(fold=1)
    assert first.utcoffset() != second.utcoffset()
    assert through(second).utcoffset() == second.utcoffset()
    assert through(first).tzinfo is zone


def test_dataclasses_come_back_as_the_project_s_own() -> None:
    slot = Slot(datetime(2026, 3, 1, 9), {"new", "urgent"})
    assert through(slot) == slot
    encoded, _ = encode(slot)
    assert decode(encoded) == {"when": slot.when, "tags": slot.tags}  # without the class: its data


def test_a_mapping_that_looks_like_a_tag_stays_a_mapping() -> None:
    assert through({"$datetime": "2026-03-01"}) == {"$datetime": "2026-03-01"}
    assert plain(encode({"$set": [1]})[0]) == {"$set": [1]}


class Stubborn:
    def __str__(self) -> str:
        raise RuntimeError("no")


class Lines(dict[str, int]):
    def items(self) -> Any:
        raise RuntimeError("no items")


def test_what_cannot_be_kept_becomes_text_and_is_reported() -> None:
    loop: list[Any] = []
    loop.append(loop)
    for value in (object(), Stubborn(), lambda: 1, loop, "\ud800", Lines(a=1), {"k": Stubborn()}):
        encoded, problems = encode(value)
        assert problems, value
        json.dumps(encoded, allow_nan=False).encode()


def doubled(value: Any, make: Any, times: int = 60) -> Any:
    """``times`` lines of ``a = [a, a]``: small in memory, 2^times items when written down."""
    for _ in range(times):
        value = make(value)
    return value


class Row(list[Any]):
    pass


@pytest.mark.parametrize(
    "value",
    [
        doubled(1, lambda a: [a, a], 39),
        doubled((), lambda a: (a, a), 39),
        doubled({}, lambda a: {"x": a, "y": a}, 39),
        doubled([], lambda a: Row([a, a]), 39),
        [0] * (MAX_VALUES + 1),
    ],
    ids=["list", "tuple", "dict", "subclass", "long"],
)
def test_what_would_never_end_becomes_text(value: Any) -> None:
    encoded, problems = encode(value)
    assert encoded == f"<{type(value).__name__}>"
    assert problems == [f"state: holds more than {MAX_VALUES} values; kept as text"]


def test_what_is_just_small_enough_is_kept_whole() -> None:
    value = list(range(MAX_VALUES - 1))
    assert encode(value) == (value, [])


class Sly(str):
    def encode(self, *_: Any) -> bytes:
        raise RuntimeError("not even this")


def speaking(said: Any) -> Any:
    class Speaks:
        def __str__(self) -> str:
            if isinstance(said, BaseException):
                raise said
            return said  # type: ignore[no-any-return]

        __repr__ = __str__

    return Speaks()


class Mute(Exception):
    def __str__(self) -> str:
        raise SystemExit(1)


@pytest.mark.parametrize(
    "said",
    [SystemExit(3), GeneratorExit(), BaseException("x"), RecursionError(), Mute(), Sly("\ud800"), 5],
    ids=["exit", "generator", "base", "recursion", "mute", "sly", "number"],
)
def test_whatever_an_object_says_of_itself(said: Any) -> None:
    class Broken(dict[str, int]):
        def items(self) -> Any:
            raise said if isinstance(said, BaseException) else TypeError(said)

    for value in (speaking(said), [speaking(said)], Broken(a=1)):
        encoded, problems = encode(value)
        assert problems
        json.dumps([encoded, problems]).encode()


def test_a_person_at_the_keyboard_is_heard() -> None:
    with pytest.raises(KeyboardInterrupt):
        encode([speaking(KeyboardInterrupt())])


@pytest.mark.parametrize(
    "broken",
    [{"$datetime": 5}, {"$decimal": "x"}, {"$set": 1}, {"$enum": []}, {"$dict": [1]}, {"$timedelta": []}],
)
def test_a_broken_tag_is_a_clear_error_and_its_plain_form_still_reads(broken: dict[str, Any]) -> None:
    with pytest.raises(StateCodecError):
        decode(broken, resolve)
    json.dumps(plain(broken))


def test_plain_is_what_a_person_expects() -> None:
    state = {
        "at": datetime(2026, 3, 1, 9, 30),
        "day": date(2026, 3, 1),
        "clock": time(9, 30),
        "took": timedelta(minutes=2),
        "price": Decimal("9.90"),
        "seen": {1},
        "pair": (1, 2),
        "colour": Colour.RED,
        "slot": Frozen(3),
        "by_number": {1: "a"},
        "zone": ZoneInfo("Europe/London"),
    }
    assert plain(encode(state)[0]) == {
        "at": "2026-03-01T09:30:00",
        "day": "2026-03-01",
        "clock": "09:30:00",
        "took": 120.0,
        "price": "9.90",
        "seen": [1],
        "pair": [1, 2],
        "colour": "red",
        "slot": {"n": 3},
        "by_number": {"1": "a"},
        "zone": "Europe/London",
    }
