"""A scenario: a call written down, with what has to come of it. One YAML file each, in ``scenarios/``.

name: A check-up is booked
call: {caller_number: "+13125550123", variant_name: warm}
attributes: {tier: gold}            # conv.integration_attributes
config: {open: true}                # conv.real_time_config
model: {CALL_REASON: booking}       # what prompt_llm answers; without it there is no model
steps:
  - user: I would like a check-up
  - goto: Booking
  - call: find_slots
    with: {treatment: check-up, preferred_day: Monday}
    returns: Offer these
  - call: take_payment
    with: {amount: 60.0, card_last4: "4242"}
    fails: TerminalError
expect:
  metrics: {APPOINTMENT_BOOKED: true, CALL_REASON: booking}
  no_metrics: [HANDOFF_BILLING]
  state: {treatment: check-up}
  handoff: none
  end: ok
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aftercall.errors import InvalidInput
from aftercall.runtime.yaml_text import read_yaml
from aftercall.sdk.plain import plain

STEPS = ("agent", "user", "goto", "call")
_CALL_KEYS = {"call", "flow", "with", "returns", "fails"}
_TOP_KEYS = {"name", "call", "attributes", "config", "secrets", "model", "steps", "expect"}
_CALL_FACTS = {"caller_number", "callee_number", "language", "variant_name", "channel_type", "env"}
EXPECTATIONS = {
    "metrics",
    "no_metrics",
    "invalid",
    "state",
    "handoff",
    "sms",
    "flow",
    "step",
    "says",
    "logs",
    "end",
}


@dataclass(frozen=True, slots=True)
class Step:
    kind: str
    """agent, user, goto or call."""
    text: str
    """What is said; the flow to enter; the function to call."""
    flow: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    returns: Any = None
    """A text that the result contains, or a mapping whose items it has. None: anything."""
    fails: str | None = None
    """A text that the error contains. None: it must not fail."""


@dataclass(frozen=True, slots=True)
class Scenario:
    file: str
    name: str
    steps: list[Step]
    facts: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    model: Any = None
    """A mapping: the answer to every prompt. A list of ``{when: part of the prompt, answer: ...}``: the first
    that fits. A text: that. None: no model is configured."""
    expect: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> Scenario:
    """Raises InvalidInput (SCENARIO_INVALID) that says where."""
    try:
        told, _ = read_yaml(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise _invalid(path, " ".join(str(error).split())[:300]) from error
    if not isinstance(told, dict):
        raise _invalid(path, "it is no mapping of names to values")
    _known(path, "it", told, _TOP_KEYS)
    expect = _mapping(path, told, "expect")
    _known(path, "expect", expect, EXPECTATIONS)
    facts = _mapping(path, told, "call")
    _known(path, "call", facts, _CALL_FACTS)
    for name, value in facts.items():
        if not isinstance(value, str):  # YAML takes an unquoted +1312... for a number and drops the plus
            raise _invalid(path, f"call.{name} is {value!r}: write it in quotes")
    steps = told.get("steps")
    if not isinstance(steps, list) or not steps:
        raise _invalid(path, "it has no steps")
    return Scenario(
        file=path.name,
        name=str(told.get("name") or path.stem.replace("_", " ")),
        steps=[_step(path, number, item) for number, item in enumerate(steps, 1)],
        facts=facts,
        attributes=_mapping(path, told, "attributes"),
        config=_mapping(path, told, "config"),
        secrets=_mapping(path, told, "secrets"),
        model=plain(told.get("model")),
        expect=expect,
    )


def _step(path: Path, number: int, item: Any) -> Step:
    where = f"step {number}"
    kinds = [kind for kind in STEPS if isinstance(item, dict) and kind in item]
    if len(kinds) != 1:
        raise _invalid(path, f"{where} must be one of: {', '.join(STEPS)}")
    kind = kinds[0]
    _known(path, where, item, _CALL_KEYS if kind == "call" else {kind})
    text = item[kind]
    if not isinstance(text, str):
        raise _invalid(path, f"{where}: {kind} is {text!r}, not a text: write it in quotes")
    arguments = _mapping(path, item, "with")
    flow, fails = item.get("flow"), item.get("fails")
    return Step(
        kind,
        text,
        flow=None if flow is None else str(flow),
        arguments=arguments,
        returns=plain(item.get("returns")),
        fails=None if fails is None else str(fails),
    )


def _mapping(path: Path, told: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = told.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _invalid(path, f"{name} is no mapping of names to values")
    mapping: dict[str, Any] = plain(value)
    return mapping


def _known(path: Path, where: str, told: Mapping[Any, Any], known: set[str]) -> None:
    unknown = sorted(str(name) for name in told if name not in known)
    if unknown:
        raise _invalid(path, f"{where} has {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _invalid(path: Path, reason: str) -> InvalidInput:
    return InvalidInput(f"{path.name}: {reason}", code="SCENARIO_INVALID")
