"""Anything at all into what JSON can hold, without ever raising and without ever running away.

What agents log and pass around is not ours: objects whose ``__str__`` raises, structures that contain
themselves, NaN, integers of a thousand digits, lone surrogates. All of it must be recorded somehow.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from enum import Enum
from itertools import islice
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")

MAX_TEXT = 10_000
"""Characters kept of an object that had to become text. Real text is never cut."""
MAX_NAME = 200
"""Characters of a name (metric, function, custom event): what the server takes."""
MAX_DEPTH = 20
MAX_NODES = 20_000
"""A list that contains itself twice has 2^depth nodes: depth alone bounds nothing."""

_CUT = f"... cut: more than {MAX_NODES} items in all"
_INT64 = 2**63
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SEQUENCES = (list, tuple, set, frozenset, deque)


def text_of(value: object) -> str:
    """``value`` as text that UTF-8 can encode; an object that cannot say what it is gives its type's name."""
    text = basic(value)
    if type(text) is str:
        return clean(text)
    try:
        if not is_small(value):
            return f"<{type_name(value)}: too large or referring to itself>"
        text = _exception_text(value) if is_a(value, BaseException) else str(value)
        text = clean(str.__str__(text))
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise  # these are for the process, they only happened to arrive here
    except BaseException as error:  # noqa: BLE001 - whatever an object of the project raises
        text = f"<{type_name(value)} whose text could not be read: {type_name(error)}>"
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}... ({len(text)} characters)"


def is_a(value: object, kind: type[T]) -> TypeGuard[T]:
    """``isinstance`` that asks the type only: an object may lie about its ``__class__``, or raise."""
    return issubclass(type(value), kind)


def basic(value: object) -> object:
    """The str, int or float that an instance of a subclass is, past everything the subclass may have
    overridden; anything else as it is."""
    kind = type(value)
    if kind is bool:
        return value
    if issubclass(kind, str):
        return str.__str__(value)
    if issubclass(kind, int):
        return int.__int__(value)  # type: ignore[arg-type]
    if issubclass(kind, float):
        return float.__float__(value)  # type: ignore[arg-type]
    return value


def clean(text: str) -> str:
    """The text with lone surrogates, which no UTF-8 can carry, replaced by ``?``."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def is_clean(text: str) -> bool:
    return text.isascii() or clean(text) is text


def mend_name(text: str) -> tuple[str, str | None]:
    """``(a name the server takes, what was wrong with the text as one or None)``"""
    if not text.strip():
        return "(no name)", "the name is empty"
    if not is_clean(text):
        return mend_name(clean(text))[0], "the name has lone surrogates; they are replaced by ?"
    if _CONTROL.search(text):
        mended, _ = mend_name(_CONTROL.sub("?", text))
        return mended, "the name has control characters; they are replaced by ?"
    if len(text) > MAX_NAME:
        fault = f"the name has {len(text)} characters, at most {MAX_NAME} are allowed"
        return f"{text[: MAX_NAME - 3]}...", fault
    return text, None


def plain(value: object) -> Any:
    """Only None, bool, int (64 bit), finite float, str, list and dict with str keys. Never raises.

    NaN and infinity become text: as JSON they would silently turn into null.
    """
    return _Plain().walk(value, 0)


class _Plain:
    def __init__(self) -> None:
        self.left = MAX_NODES

    def walk(self, value: object, depth: int) -> Any:
        self.left -= 1
        if value is None or value is True or value is False:
            return value
        try:
            return self._known(value, depth)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException:  # noqa: BLE001 - its __iter__ or __class__ is broken; its __str__ may still work
            return text_of(value)

    def _known(self, value: object, depth: int) -> Any:
        if isinstance(value, Enum):
            return self.walk(value.value, depth + 1) if depth < MAX_DEPTH else text_of(value)
        value = basic(value)
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, int):
            return value if -_INT64 <= value < _INT64 else text_of(value)
        if isinstance(value, float):
            return value if math.isfinite(value) else repr(value)
        if isinstance(value, datetime | date | time):
            return value.isoformat()
        if isinstance(value, bytes | bytearray):
            return value.decode("utf-8", "backslashreplace")
        return self._structure(value, depth)

    def _structure(self, value: object, depth: int) -> Any:
        if depth >= MAX_DEPTH or self.left <= 0:
            return f"<{type_name(value)}: too deep or too large>"
        if isinstance(value, Mapping):
            pairs = self._bounded(value.items(), ("...", _CUT))
            return {text_of(key): self.walk(item, depth + 1) for key, item in pairs}
        if isinstance(value, _SEQUENCES):
            return [self.walk(item, depth + 1) for item in self._bounded(value, _CUT)]
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            return {name: self.walk(getattr(value, name, None), depth + 1) for name in names}
        return text_of(value)

    def _bounded(self, items: Iterable[Any], last: Any) -> Iterable[Any]:
        for item in items:
            if self.left <= 0:
                yield last
                return
            yield item


def is_small(value: object) -> bool:
    """Whether walking the whole value takes at most MAX_NODES steps. Not so what contains itself, nor what
    forty lines ``a = [a, a]`` make: tiny in memory, it has 2^40 items when written down."""
    left = MAX_NODES
    waiting = [value]
    while waiting:
        item = waiting.pop()
        left -= 1
        if left < 0:
            return False
        try:
            waiting.extend(islice(_parts(item), left + 1))
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException:  # noqa: BLE001, S112 - whoever walks it for real meets the same error and tells
            continue
    return True


def _parts(item: object) -> Iterator[Any]:
    """What is in it: never empty only for what other code here descends into."""
    kind = type(item)
    if kind is str or kind is int or kind is float or kind is bool or item is None:
        return
    if is_a(item, Enum):
        yield item.value
    elif issubclass(kind, Mapping):
        for key, part in item.items():  # type: ignore[attr-defined]
            yield key
            yield part
    elif issubclass(kind, _SEQUENCES):
        yield from item  # type: ignore[misc]
    elif is_a(item, BaseException):
        yield from item.args  # its text has theirs in it
    elif dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind):
            yield getattr(item, field.name, None)


def type_name(value: object) -> str:
    return str.__str__(type.__getattribute__(type(value), "__name__"))


def _exception_text(error: BaseException) -> str:
    return f"{type_name(error)}: {error}"
