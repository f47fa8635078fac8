"""What is worked out of a conversation's other fields, by its published definition. None is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.metrics.reference.span import DAY

if TYPE_CHECKING:
    from tests.metrics.reference.call import Call


def over(call: Call) -> bool:
    return call.shown.ended_at is not None


def abandoned(call: Call) -> bool | None:
    """Over without a handoff, and the user never said a word."""
    if not over(call):
        return None
    spoken = any(turn["text"].split() for turn in call.shown.turns if turn["speaker"] == "user")
    return call.shown.handoff is None and not spoken


def contained(call: Call) -> bool | None:
    """Over, and not handed off; abandoned ones count as contained unless the project says otherwise."""
    if not over(call):
        return None
    if abandoned(call):
        counts_as = call.settings.get("abandons_count_as", "contained")
        return {"contained": True, "not_contained": False, "excluded": None}[counts_as]
    return call.shown.handoff is None


def cost_saved(call: Call) -> float | None:
    """What a contained conversation would have cost with a person; nothing of one that was not."""
    saves = contained(call)
    if not saves:
        return None if saves is None else 0.0
    saving = call.settings["cost_saved"]
    amount = float(saving["amount"])
    if saving.get("per", "conversation") == "conversation":
        return amount
    return float(amount * call.builtins["agent_duration"].value / 60)


def repeat_contact(call: Call) -> bool | None:
    """The same number had another conversation in the days before: seven, unless the project says another."""
    number = call.number
    if not number:
        return None
    place = (call.started_at, call.id.encode())
    earlier = [
        other.started_at
        for other in call.siblings
        if other.number == number and (other.started_at, other.id.encode()) < place
    ]
    within = call.settings.get("repeat_contact_days", 7) * DAY
    return any(call.started_at - at <= within for at in earlier)


def disagreement(call: Call, names: list[str] | None = None) -> bool | None:
    """Agent and extraction both wrote a usable value, and not the same."""
    names = list(call.shown.metrics) if names is None else names
    pairs = [(call.metric(name, "agent"), call.metric(name, "extraction")) for name in names]
    comparable = [(one.value, other.value) for one, other in pairs if one.known and other.known]
    return any(differ(*pair) for pair in comparable) if comparable else None


def differ(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return type(one) is not type(other) or bool(one != other)
    return float(one) != float(other)


def words_per_turn(call: Call) -> float | None:
    words, turns = (
        (call.builtins["num_user_words"].value + call.builtins["num_agent_words"].value),
        len(call.shown.pairs()),
    )
    return words / turns if turns else None


def talk_ratio(call: Call) -> float | None:
    """The agent's share of the time in which somebody speaks."""
    user, agent = (call.builtins[f"{side}_talk_seconds"].value for side in ("user", "agent"))
    if agent is None or not agent + (user or 0):
        return None
    return float(agent / (agent + (user or 0)))


def _builtin(name: str) -> Callable[[Call], Any]:
    return lambda call: call.builtins[name].value


DERIVED: dict[str, Callable[[Call], Any]] = {
    "contained": contained,
    "abandoned": abandoned,
    "repeat_contact": repeat_contact,
    "disagreement": disagreement,
    "cost_saved": cost_saved,
    "words_per_turn": words_per_turn,
    "talk_ratio": talk_ratio,
    "turns": _builtin("num_turns"),
    "silence": _builtin("num_silences"),
    "interruptions": _builtin("num_interruptions"),
    "handle_time": _builtin("agent_duration"),
    "agent_latency": _builtin("latency_avg"),
    "function_errors": _builtin("num_function_errors"),
}
OWN_RATIOS: dict[str, dict[str, Any]] = {
    "BOOKED per reason": {
        "metric": "BOOKED",
        "agg": "conversations",
        "divide_by": {"metric": "REASON", "agg": "conversations"},
    },
    "WORDS_PER_GUEST": {
        "metric": "num_user_words",
        "agg": "sum",
        "where": [{"field": "GUESTS", "op": "exists"}],
        "divide_by": {"metric": "GUESTS", "agg": "sum"},
        "multiplier": 100.0,
    },
    "RESOLVED_TO_SCORE": {
        "metric": "RESOLVED",
        "agg": "rate",
        "base": "known",
        "divide_by": {"metric": "SCORE", "agg": "p95", "where": [{"field": "channel", "op": "exists"}]},
    },
}
"""Those that the project defined by itself."""
RATIOS: dict[str, dict[str, Any]] = {
    **OWN_RATIOS,
    "containment": {"metric": "contained", "agg": "rate", "base": "known"},
    "abandonment": {"metric": "abandoned", "agg": "rate", "base": "known"},
    "disagreement_rate": {"metric": "disagreement", "agg": "rate", "base": "known"},
    "repeat_contact_rate": {"metric": "repeat_contact", "agg": "rate", "base": "known"},
    "function_error_rate": {
        "metric": "num_function_errors",
        "agg": "sum",
        "divide_by": {"metric": "num_function_calls", "agg": "sum"},
    },
}
"""The measure that each stands for."""
KNOWN_BASE = frozenset({"contained", "abandoned", "repeat_contact", "disagreement"})
