"""Anything into JSON, without raising and without running away."""

from __future__ import annotations

import enum
import math
import time
from collections import UserDict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given

from aftercall.sdk.plain import MAX_NODES, MAX_TEXT, is_small, plain, text_of
from tests.sdk.evil import Evil, NotText, RaisesWorse, anything, knot, real


class LyingStr(str):
    def __str__(self) -> str:
        return "lie"


class Endless(Mapping[str, int]):
    def __getitem__(self, key: str) -> int:
        return 1

    def __len__(self) -> int:
        return 3

    def __iter__(self) -> Iterator[str]:
        while True:
            yield "again"


@dataclass
class Slot:
    day: date
    free: bool


class Colour(enum.Enum):
    RED = ("r", 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1, 1),
        (2**63, str(2**63)),
        (1.5, 1.5),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        ("a\ud800", "a?"),
        (LyingStr("truth"), "truth"),
        (b"ab\xff", "ab\\xff"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "2026-03-01T09:30:00+00:00"),
        ((1, [2, {3}]), [1, [2, [3]]]),
        (deque([1]), [1]),
        ({1: "a", None: "b"}, {"1": "a", "None": "b"}),
        (UserDict({"a": 1}), {"a": 1}),
        (Slot(date(2026, 3, 1), True), {"day": "2026-03-01", "free": True}),
        (Slot, str(Slot)),
        (Colour.RED, ["r", 1]),
        (ValueError("bad"), "ValueError: bad"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_what_becomes_of_it(value: object, expected: object) -> None:
    assert plain(value) == expected


@pytest.mark.parametrize("make", [Evil, RaisesWorse, NotText, lambda: [Evil()], lambda: {"k": Evil()}])
def test_objects_that_cannot_say_what_they_are(make: Callable[[], object]) -> None:
    text = msgspec.json.encode(plain(make())).decode()
    assert "could not be read" in text


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_the_process_may_still_be_ended(error: type[BaseException]) -> None:
    class Ends:
        def __str__(self) -> str:
            raise error

    with pytest.raises(error):
        text_of(Ends())


def test_what_contains_itself_ends() -> None:
    # twice per level: depth alone would allow a million nodes
    loop = knot()
    began = time.monotonic()
    size = len(msgspec.json.encode(plain(loop)))
    assert time.monotonic() - began < 2
    assert size < 40 * MAX_NODES
    assert not is_small(loop)


def test_what_never_ends_is_cut_and_says_so() -> None:
    assert "cut" in str(plain({"x": Endless()})) or "again" in str(plain({"x": Endless()}))
    assert plain(list(range(3 * MAX_NODES)))[-1].startswith("... cut")
    assert not is_small(Endless())


def test_small_and_large() -> None:
    assert is_small({"a": [1, (2, 3)], "b": Slot(date(2026, 3, 1), True)})
    assert not is_small([0] * (MAX_NODES + 1))
    assert is_small(Evil())


def test_objects_with_long_text_are_cut_and_texts_are_not() -> None:
    class Long:
        def __str__(self) -> str:
            return "x" * (MAX_TEXT * 2)

    assert text_of(Long()).endswith(f"({MAX_TEXT * 2} characters)")
    assert len(text_of("x" * MAX_TEXT * 2)) == MAX_TEXT * 2


@given(anything)
def test_always_json_that_loses_no_number(value: object) -> None:
    told = plain(real(value))
    assert msgspec.json.decode(msgspec.json.encode(told)) == told
