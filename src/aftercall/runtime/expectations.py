"""What a scenario expects of a call, compared with what came of it. Every difference is one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aftercall.runtime.done import Done
from aftercall.runtime.held import HeldCall
from aftercall.runtime.outcome import Outcome

ANY = "*"
"""Stands for any value: the metric was written, the key is there."""

Check = Callable[[Any, HeldCall], list[str]]


def problems_of(expect: Mapping[str, Any], call: HeldCall, ended: Outcome | None) -> list[str]:
    """``ended``: of ``end_function``. It must not fail, unless ``end`` says with which error."""
    found = _end(expect.get("end", "ok"), ended)
    for name, wanted in expect.items():
        if name != "end":
            found += _CHECKS[name](wanted, call)
    return found


def returned(wanted: Any, done: Done) -> list[str]:
    """``wanted``: a text that what the model is told contains, a mapping whose items the result has, or the
    result itself."""
    value = done.outcome.value
    if isinstance(wanted, str):
        told = done.content if isinstance(value, str | dict) or value is None else str(value)
        return [] if wanted in told else [f"it returned {told!r}, which has no {wanted!r} in it"]
    if isinstance(wanted, Mapping):
        if not isinstance(value, Mapping):
            return [f"it returned {value!r}, not a mapping"]
        return _items("the result", wanted, value)
    return [] if same(value, wanted) else [f"it returned {value!r}, not {wanted!r}"]


def same(value: Any, wanted: Any) -> bool:
    """Equal, and of one type as far as metrics go: True is not 1, but 60 is 60.0."""
    if wanted == ANY:
        return True
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _end(wanted: Any, ended: Outcome | None) -> list[str]:
    if ended is None or (wanted == "ok" and ended.ok):
        return []
    if wanted == "ok":
        trace = f"\n{ended.traceback}" if ended.traceback else ""
        return [f"end_function failed: {ended.error}{trace}"]
    if ended.ok:
        return [f"end_function should have failed with {wanted!r}, and did not"]
    return [] if str(wanted) in (ended.error or "") else [f"end_function failed with {ended.error!r}"]


def _items(what: str, wanted: Mapping[str, Any], got: Mapping[str, Any]) -> list[str]:
    found = []
    for name, value in wanted.items():
        if name not in got:
            found.append(f"{what} has no {name}; it has {', '.join(sorted(got)) or 'nothing'}")
        elif not same(got[name], value):
            found.append(f"{name} is {got[name]!r}, not {value!r}")
    return found


def _metrics(wanted: Any, call: HeldCall) -> list[str]:
    if isinstance(wanted, Mapping):
        return _items("the call", wanted, call.metrics)
    return [f"{name} was not written" for name in _texts(wanted) if name not in call.metrics]


def _no_metrics(wanted: Any, call: HeldCall) -> list[str]:
    return [f"{name} was written: {call.metrics[name]!r}" for name in _texts(wanted) if name in call.metrics]


def _invalid(wanted: Any, call: HeldCall) -> list[str]:
    invalid = {event["name"] for event in call.of_kind("metric") if "invalid" in event}
    return [
        f"{name} was not written with a value that fits no metric"
        for name in _texts(wanted)
        if name not in invalid
    ]


def _state(wanted: Any, call: HeldCall) -> list[str]:
    return _items("conv.state", wanted if isinstance(wanted, Mapping) else {}, call.state)


def _handoff(wanted: Any, call: HeldCall) -> list[str]:
    handoffs = call.of_kind("handoff")
    if wanted in (None, "none", False):
        return [f"the call was handed over to {event.get('destination')}" for event in handoffs]
    if not handoffs:
        return ["the call was not handed over"]
    if isinstance(wanted, Mapping):
        return _items("the handoff", wanted, handoffs[-1])
    return (
        []
        if handoffs[-1].get("destination") == wanted
        else [f"it went to {handoffs[-1].get('destination')!r}"]
    )


def _sms(wanted: Any, call: HeldCall) -> list[str]:
    sent = call.of_kind("sms")
    if wanted in (None, "none", False):
        return [f"a text message was sent: {event.get('content')!r}" for event in sent]
    contents = [f"{event.get('content') or ''} {event.get('template') or ''}" for event in sent]
    return [
        f"no text message has {text!r} in it"
        for text in _texts(wanted)
        if not any(text in c for c in contents)
    ]


def _says(wanted: Any, call: HeldCall) -> list[str]:
    said = [event["text"] for event in call.of_kind("turn") if event["speaker"] == "agent"]
    return [
        f"the agent never said {text!r}" for text in _texts(wanted) if not any(text in one for one in said)
    ]


def _logs(wanted: Any, call: HeldCall) -> list[str]:
    lines = [event["content"] for event in call.of_kind("log")]
    return [
        f"no log line has {text!r} in it" for text in _texts(wanted) if not any(text in one for one in lines)
    ]


def _flow(wanted: Any, call: HeldCall) -> list[str]:
    flow = call.current_flow
    wanted = None if wanted in ("none", False) else wanted
    return [] if flow == wanted else [f"the call is in flow {flow!r}, not {wanted!r}"]


def _step(wanted: Any, call: HeldCall) -> list[str]:
    return (
        [] if call.current_step == wanted else [f"the call is at step {call.current_step!r}, not {wanted!r}"]
    )


def _texts(wanted: Any) -> list[str]:
    return [str(item) for item in (wanted if isinstance(wanted, list) else [wanted])]


_CHECKS: dict[str, Check] = {
    "metrics": _metrics,
    "no_metrics": _no_metrics,
    "invalid": _invalid,
    "state": _state,
    "handoff": _handoff,
    "sms": _sms,
    "says": _says,
    "logs": _logs,
    "flow": _flow,
    "step": _step,
}
