"""The tagged codec of ``conv.state``: Python values through JSON and back, never pickle.

A plain JSON value stands for itself. Anything else becomes an object with one key, ``$`` and the name
of its type, such as ``{"$datetime": "2026-03-01T09:30:00"}``. A mapping that happens to look like a tag,
or whose keys are not all text, is written as ``{"$dict": [[key, value], ...]}``, so that nothing a
project stores can be mistaken for a tag.

    encode(value) -> (JSON-able, [what could not be kept])
    decode(JSON-able, resolve) -> value; ``resolve(module, qualname)`` gives the project's own classes
    plain(JSON-able) -> the same without tags, for the API and for queries
"""

from __future__ import annotations

import dataclasses
import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

MAX_DEPTH = 40
MAX_VALUES = 100_000
"""In one value, each counted as often as it is met: what shares its parts may have 2^40 of them to write."""
_INT64 = 2**63

Resolve = Callable[[str, str], type | None]


class StateCodecError(ValueError):
    """A stored state value cannot be read: it was not written by this codec."""


class _TooLarge(Exception):
    """MAX_VALUES are written down, and there is more."""


class _Problems(list[str]):
    """What could not be kept, and how much more may be written down."""

    left = MAX_VALUES


def encode(value: object) -> tuple[Any, list[str]]:
    """``(JSON-able, problems)``: what cannot be kept becomes its ``str`` and a problem.

    Raises nothing but KeyboardInterrupt, whatever the project's own classes do.
    """
    problems = _Problems()
    try:
        return _encode(value, "state", problems, 0), list(problems)
    except _TooLarge:
        return f"<{_name(value)}>", [f"state: holds more than {MAX_VALUES} values; kept as text"]


def _encode(value: object, path: str, problems: _Problems, depth: int) -> Any:
    problems.left -= 1
    if problems.left < 0:
        raise _TooLarge
    if value is None or value is True or value is False:
        return value
    if depth > MAX_DEPTH:
        problems.append(f"{path}: nested deeper than {MAX_DEPTH} or referring to itself; kept as text")
        return f"<{_name(value)}>"
    try:
        return _encode_typed(value, path, problems, depth)
    except (_TooLarge, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - a project's own __iter__ or utcoffset may raise anything
        problems.append(f"{path}: {_name(value)} could not be read ({_as_text(error)}); kept as text")
        return _as_text(value)


def _encode_typed(value: object, path: str, problems: _Problems, depth: int) -> Any:
    kind = type(value)
    if isinstance(value, Enum):  # before int and str: an IntEnum is both
        return {
            "$enum": [kind.__module__, kind.__qualname__, _encode(value.value, path, problems, depth + 1)]
        }
    if kind is str:
        assert isinstance(value, str)
        return _clean(value, path, problems)
    if kind is int:
        assert isinstance(value, int)
        return value if -_INT64 <= value < _INT64 else {"$int": hex(value)}
    if kind is float:
        assert isinstance(value, float)
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind in _SCALARS:
        tag, write = _SCALARS[kind]
        return {tag: write(value)}
    if kind in (list, tuple, set, frozenset):
        assert isinstance(value, Iterable)
        items = [_encode(item, f"{path}[{i}]", problems, depth + 1) for i, item in enumerate(value)]
        return items if kind is list else {f"${kind.__name__}": items}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: _encode(getattr(value, field.name), f"{path}.{field.name}", problems, depth + 1)
            for field in dataclasses.fields(value)
        }
        return {"$dataclass": [kind.__module__, kind.__qualname__, fields]}
    if isinstance(value, Mapping):
        return _encode_mapping(value, path, problems, depth)
    if isinstance(value, list | tuple | set | frozenset):  # of a class of the project: its text has them all
        for item in value:
            _encode(item, path, problems, depth + 1)
    problems.append(f"{path}: {_name(value)} cannot be kept; kept as text")
    return _as_text(value)


def _encode_mapping(value: Mapping[Any, Any], path: str, problems: _Problems, depth: int) -> Any:
    pairs = [(key, _encode(item, f"{path}.{key}", problems, depth + 1)) for key, item in value.items()]
    plain_keys = all(type(key) is str and _is_clean(key) for key, _ in pairs)
    if plain_keys and not any(key.startswith("$") for key, _ in pairs):
        return dict(pairs)
    return {"$dict": [[_encode(key, path, problems, depth + 1), item] for key, item in pairs]}


def _clean(text: str, path: str, problems: list[str]) -> str:
    if _is_clean(text):
        return text
    problems.append(f"{path}: text with lone surrogates; they are replaced by ?")
    return text.encode("utf-8", "replace").decode()


def _is_clean(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _as_text(value: object) -> str:
    try:
        # Not text.encode(): what __str__ gave may be a str with ideas of its own.
        return str.encode(str(value), "utf-8", "replace").decode()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a broken __str__ of the project must not break its call
        return f"<{_name(value)}: {_name(error)}>"


def _name(value: object) -> str:
    """Of its type, whatever the project's metaclass says."""
    name = type.__getattribute__(type(value), "__name__")
    return str.encode(name, "utf-8", "replace").decode()


def _write_datetime(value: Any) -> Any:
    text = value.isoformat()
    zone = value.tzinfo
    # Two instants share one wall time when clocks go back; isoformat alone would forget which (fold).
    key = zone.key if isinstance(zone, ZoneInfo) else None
    return [value.replace(tzinfo=None).isoformat(), key, value.fold] if key else text


def _read_datetime(body: Any) -> datetime:
    if isinstance(body, str):
        return datetime.fromisoformat(body)
    text, key, fold = body
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(key), fold=fold)


_SCALARS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("$datetime", _write_datetime),
    date: ("$date", date.isoformat),
    time: ("$time", time.isoformat),
    timedelta: ("$timedelta", lambda v: [v.days, v.seconds, v.microseconds]),
    Decimal: ("$decimal", str),
    bytes: ("$bytes", lambda v: b64encode(v).decode()),
    ZoneInfo: ("$zoneinfo", lambda v: v.key),
}


def decode(value: Any, resolve: Resolve | None = None) -> Any:
    """The Python value again. Raises StateCodecError when a tag's content makes no sense.

    Without ``resolve``, or where it gives None, a dataclass comes back as a dict and an Enum as its value.
    """
    if isinstance(value, list):
        return [decode(item, resolve) for item in value]
    if not isinstance(value, dict):
        return value
    tag = _tag(value)
    if tag is None:
        return {key: decode(item, resolve) for key, item in value.items()}
    try:
        return _decode_tag(tag, value[tag], resolve)
    except StateCodecError:
        raise
    except Exception as error:
        raise StateCodecError(f"cannot read {tag} in a stored state: {error}") from error


def _tag(value: dict[str, Any]) -> str | None:
    if len(value) == 1:
        key = next(iter(value))
        if key.startswith("$") and (key in _READERS or key in ("$dict", "$enum", "$dataclass")):
            return key
    return None


def _decode_tag(tag: str, body: Any, resolve: Resolve | None) -> Any:
    if tag == "$dict":
        return {_hashable(decode(key, resolve)): decode(item, resolve) for key, item in body}
    if tag in ("$enum", "$dataclass"):
        module, name, content = body
        cls = resolve(module, name) if resolve else None
        if tag == "$enum":
            plain_value = decode(content, resolve)
            return cls(plain_value) if cls is not None and issubclass(cls, Enum) else plain_value
        fields = {key: decode(item, resolve) for key, item in content.items()}
        return fields if cls is None or not dataclasses.is_dataclass(cls) else _rebuild(cls, fields)
    return _READERS[tag](body, resolve)


def _rebuild(cls: type, fields: dict[str, Any]) -> Any:
    # Not cls(**fields): __init__ may take other arguments or do things; here only the data comes back.
    made: Any = object.__new__(cls)
    for name, item in fields.items():
        object.__setattr__(made, name, item)
    return made


def _hashable(key: Any) -> Any:
    return tuple(key) if isinstance(key, list) else key


_READERS: dict[str, Callable[[Any, Resolve | None], Any]] = {
    "$int": lambda body, _: int(body, 16),
    "$float": lambda body, _: float(body),
    "$datetime": lambda body, _: _read_datetime(body),
    "$date": lambda body, _: date.fromisoformat(body),
    "$time": lambda body, _: time.fromisoformat(body),
    "$timedelta": lambda body, _: timedelta(body[0], body[1], body[2]),
    "$decimal": lambda body, _: Decimal(body),
    "$bytes": lambda body, _: b64decode(body),
    "$zoneinfo": lambda body, _: ZoneInfo(body),
    "$tuple": lambda body, resolve: tuple(decode(item, resolve) for item in body),
    "$set": lambda body, resolve: {_hashable(decode(item, resolve)) for item in body},
    "$frozenset": lambda body, resolve: frozenset(_hashable(decode(item, resolve)) for item in body),
}


def plain(value: Any, depth: int = 0) -> Any:
    """Encoded state without its tags, as the API returns it: sets become lists, datetimes ISO text."""
    if depth > 2 * MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    tag = _tag(value)
    if tag is None:
        return {key: plain(item, depth + 1) for key, item in value.items()}
    body = value[tag]
    if tag == "$dict" and isinstance(body, list):
        return {
            _key_text(plain(pair[0], depth + 1)): plain(pair[1], depth + 1) for pair in body if _is_pair(pair)
        }
    if tag in ("$enum", "$dataclass") and isinstance(body, list) and len(body) == 3:
        return plain(body[2], depth + 1)
    if tag == "$datetime" and isinstance(body, list):
        return _plain_datetime(body)
    if tag == "$int" and isinstance(body, str):
        return body
    if tag == "$timedelta" and isinstance(body, list):
        return _plain_seconds(body)
    return plain(body, depth + 1)


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2


def _plain_datetime(body: list[Any]) -> Any:
    try:
        return _read_datetime(body).isoformat()
    except (ValueError, TypeError, KeyError, OSError):
        return body[0] if body else None  # a zone this machine does not know: the wall time still helps


def _plain_seconds(body: list[Any]) -> Any:
    try:
        return timedelta(*body).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


def _key_text(key: Any) -> str:
    return key if isinstance(key, str) else str(key)
