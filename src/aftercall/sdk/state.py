"""``conv.state``: a dict with attributes whose every change becomes an event.

Setting a key tells at once. A list, dict or object that is changed in place cannot tell, so everything
that can change is encoded again and compared at every checkpoint (a turn, a function call, a move, the
end) and told if it differs. The cost is one encoding of those values per checkpoint.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from aftercall.model import codec
from aftercall.sdk.plain import is_small, text_of, type_name

Tell = Callable[[dict[str, Any], list[str]], None]
"""``tell(set, deleted)``: records one state event; the values of ``set`` are encoded JSON."""
Complain = Callable[[str], None]

_UNCHANGEABLE = frozenset(
    {type(None), bool, int, float, str, bytes, datetime, date, time, timedelta, Decimal, ZoneInfo}
)
_IN_MOTION = "changed size during iteration", "mutated during iteration"
_json = msgspec.json.Encoder()


class StateTracker:
    """What the server has been told of a state, to tell it only what is new."""

    def __init__(self, tell: Tell, complain: Complain) -> None:
        self._tell = tell
        self._complain = complain
        self._told: dict[Any, bytes] = {}
        self._changeable: set[Any] = set()
        self._complaints: set[str] = set()
        self.renew_lock()

    def renew_lock(self) -> None:
        """Also after a fork: a thread of the parent may have been holding it."""
        self.lock = threading.RLock()

    def changed(self, values: Mapping[Any, Any]) -> None:
        news: dict[str, Any] = {}
        for key, value in values.items():
            encoded, problems = _encode(value)
            self._report(key, problems)
            if type(value) in _UNCHANGEABLE:
                self._changeable.discard(key)
            else:
                self._changeable.add(key)
            if self._told.get(key) != encoded:
                self._told[key] = encoded
                news[text_of(key)] = msgspec.Raw(encoded)
        if news:
            self._tell(news, [])

    def deleted(self, keys: Iterable[Any]) -> None:
        gone = [key for key in keys if self._told.pop(key, None) is not None]
        self._changeable.difference_update(gone)
        if gone:
            self._tell({}, [text_of(key) for key in gone])

    def check(self, state: Mapping[Any, Any], *, last: bool = False) -> None:
        """Tell what was changed in place. A value another thread is changing right now waits for the next
        check, unless this is the last one."""
        with self.lock:
            moved = {}
            for key in list(self._changeable):  # encoding runs the project's code, which may set keys
                if key in state:
                    encoded, problems = _encode(state[key], patience=20 if last else 1)
                    in_motion = any(text in problem for problem in problems for text in _IN_MOTION)
                    if encoded != self._told.get(key) and (last or not in_motion):
                        moved[key] = state[key]
            if moved:
                self.changed(moved)

    def _report(self, key: Any, problems: list[str]) -> None:
        if not isinstance(key, str):
            problems = [*problems, f"the key is a {type_name(key)}; kept as text"]
        for problem in problems:
            line = f"state[{text_of(key)!r}]: {problem.removeprefix('state: ').removeprefix('state')}"
            if line not in self._complaints and len(self._complaints) < 100:
                self._complaints.add(line)
                self._complain(line)


def _encode(value: object, patience: int = 1) -> tuple[bytes, list[str]]:
    if not is_small(value):
        text = f"<{type_name(value)}: too large or referring to itself>"
        return _json.encode(text), ["too large or referring to itself; kept as text"]
    try:
        encoded, problems = codec.encode(value)
        while patience > 1 and any(text in problem for problem in problems for text in _IN_MOTION):
            patience -= 1
            encoded, problems = codec.encode(value)
        return _json.encode(encoded), [text_of(problem) for problem in problems]
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - the codec meets the project's own code, which may raise anything
        return _json.encode(text_of(value)), [f"cannot be read ({type_name(error)}); kept as text"]


class State(dict[Any, Any]):
    """``state["x"]`` missing: KeyError. ``state.x`` missing: None. Otherwise a dict, ``+=`` included.

    Keys with the name of a dict method (``items``, ``get``) are reached by ``state["items"]`` only.
    """

    __slots__ = ("_aftercall_tracker",)
    _aftercall_tracker: StateTracker

    def __init__(self, tracker: StateTracker) -> None:
        super().__init__()
        object.__setattr__(self, "_aftercall_tracker", tracker)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)  # Python asks objects for __deepcopy__ and the like: None is no answer
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        self.pop(name, None)

    def __setitem__(self, key: Any, value: Any) -> None:
        tracker = self._aftercall_tracker
        with tracker.lock:
            super().__setitem__(key, value)
            tracker.changed({key: value})

    def __delitem__(self, key: Any) -> None:
        tracker = self._aftercall_tracker
        with tracker.lock:
            super().__delitem__(key)
            tracker.deleted([key])

    def update(self, *args: Any, **kwargs: Any) -> None:
        news = dict(*args, **kwargs)
        tracker = self._aftercall_tracker
        with tracker.lock:
            super().update(news)
            tracker.changed(news)

    def __ior__(self, other: Any) -> State:  # type: ignore[misc]  # dict promises more than we need
        self.update(other)
        return self

    def setdefault(self, key: Any, default: Any = None) -> Any:
        with self._aftercall_tracker.lock:
            if key not in self:
                self[key] = default
            return self[key]

    def pop(self, key: Any, *default: Any) -> Any:
        tracker = self._aftercall_tracker
        with tracker.lock:
            value = super().pop(key, *default)
            tracker.deleted([key])
            return value

    def popitem(self) -> tuple[Any, Any]:
        tracker = self._aftercall_tracker
        with tracker.lock:
            key, value = super().popitem()
            tracker.deleted([key])
            return key, value

    def clear(self) -> None:
        tracker = self._aftercall_tracker
        with tracker.lock:
            keys = list(self)
            super().clear()
            tracker.deleted(keys)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return copy.deepcopy(dict(self), memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)
