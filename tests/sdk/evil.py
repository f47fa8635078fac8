"""Objects that no library should have to meet, and that agents pass all the same."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


class Evil:
    """Raises at every question."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __bool__(self) -> bool:
        raise RuntimeError("no")

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("no")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    def __hash__(self) -> int:
        raise RuntimeError("no")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no")

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise RuntimeError("no")


class Worse(BaseException):
    """Not even an Exception."""


class RaisesWorse:
    def __str__(self) -> str:
        raise Worse

    __repr__ = __str__


class NotText:
    def __str__(self) -> str:
        return 5  # type: ignore[return-value]


class EvilText(str):
    """A str that lies."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    def strip(self, *_: Any) -> str:
        raise RuntimeError("no")

    def lower(self) -> str:
        raise RuntimeError("no")


class EvilNumber(float):
    def __float__(self) -> float:
        raise RuntimeError("no")

    def __lt__(self, other: object) -> bool:
        raise RuntimeError("no")


class EvilDict(dict[Any, Any]):
    def items(self) -> Any:
        raise RuntimeError("no")

    def get(self, *_: Any) -> Any:
        raise RuntimeError("no")


def knot() -> list[Any]:
    """A list that contains itself twice: 2^depth items."""
    tied: list[Any] = []
    tied.extend([tied, tied])
    return tied


def doubled() -> list[Any]:
    """Forty lists in memory, 2^40 when written down."""
    made: list[Any] = []
    for _ in range(40):
        made = [made, made]
    return made


@dataclass
class Holder:
    held: Any


class Disguised(enum.Enum):
    """Its value is a structure, too."""

    DEEP = doubled()


@dataclass(frozen=True)
class Maker:
    """Stands for an evil object until the test begins: Hypothesis and pytest would trip over the object."""

    make: Callable[[], Any]


EVIL = (
    Maker(Evil),
    Maker(RaisesWorse),
    Maker(NotText),
    Maker(lambda: EvilText("x")),
    Maker(lambda: EvilNumber(1.5)),
    Maker(lambda: EvilDict(a=1)),
    Maker(knot),
    Maker(doubled),
    Maker(lambda: {"k": doubled()}),
    Maker(lambda: [Evil(), knot(), Evil()]),
    Maker(lambda: Holder(doubled())),
    Maker(lambda: ValueError(doubled())),
    Maker(lambda: Disguised.DEEP),
)


def real(value: Any) -> Any:
    """With every Maker in it replaced by what it makes."""
    if type(value) is Maker:
        return value.make()
    if type(value) is list:
        return [real(item) for item in value]
    if type(value) is tuple:
        return tuple(real(item) for item in value)
    if type(value) is dict:
        return {key: real(item) for key, item in value.items()}
    return value


texts = st.one_of(
    st.text(max_size=30),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Lu"]), max_size=10),
    st.sampled_from(["", "user", "agent", "X" * 600, "\x00"]),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(),
    texts,
    st.binary(max_size=10),
    st.datetimes(),
    st.timedeltas(),
    st.decimals(),
    st.complex_numbers(),
    st.sampled_from(EVIL),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner),
        st.dictionaries(st.one_of(texts, st.integers(), st.none(), st.floats()), inner, max_size=4),
    ),
    max_leaves=8,
)
