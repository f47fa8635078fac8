"""The shape of a rule: what must hold, and what follows.

- value: billing
  any:
    - words: [bill, invoice, charg*]
      speaker: user
      first: 4
    - phrase: charged twice
  not:
    count: handoffs
    gte: 1
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta

Choose = Literal["first", "best"]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Texts = Text | Annotated[list[Text], Meta(min_length=1, max_length=500)]
Place = Annotated[int, Meta(ge=1)]

COUNTS = (
    "turns", "user_turns", "agent_turns", "user_words", "agent_words", "silences", "ood", "interruptions",
    "unanswered", "duration", "previous_contacts", "function_calls", "function_errors", "handoffs", "errors",
    "flows",
)  # fmt: skip
"""What ``count:`` can ask. Duration in seconds; unanswered: turns of the caller after the agent's last one.
One that is not known makes its condition false."""

KINDS = ("words", "phrase", "regex", "count", "fact", "metric", "any", "all", "then", "not")


class Condition(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    omit_defaults=True,
    rename={"not_": "not", "is_": "is"},
):
    """One of KINDS, with what belongs to it."""

    words: Texts | None = None
    """Any of them as a whole word, whatever its case; ``cancel*``: any word that begins so."""
    phrase: Texts | None = None
    """The same with several words in a row, however far apart."""
    regex: Text | None = None
    """RE2 syntax (linear time: no look-around, no backreferences), whatever the case."""
    speaker: Literal["user", "agent"] | None = None
    first: Place | None = None
    """Only the first so many turns, of this speaker where one is named."""
    last: Place | None = None
    at_least: Place = 1
    """In so many turns."""

    count: str | None = None
    """One of COUNTS."""
    name: Texts | None = None
    """Only functions, flows or handoff destinations of this name."""
    eq: float | None = None
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None

    fact: str | None = None
    """channel, environment, direction, language, variant_name, ended_reason, handoff."""
    metric: str | None = None
    """What the agent has written under this name."""
    is_: Any = UNSET
    """The value, or a list of values; without it: any value."""

    any: list[Condition] | None = None
    all: list[Condition] | None = None
    then: list[Condition] | None = None
    """All of them, and the last words of each after those of the one before."""
    not_: Condition | list[Condition] | None = None

    weight: float = 1
    """Of this condition in a score."""


class Points(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"if_": "if"}):
    """One line of a rubric."""

    points: float
    if_: Condition
    because: Text


class Rubric(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number that begins somewhere and moves by what holds."""

    start: float
    minimum: float
    maximum: float
    add: Annotated[list[Points], Meta(min_length=1, max_length=100)]


class Rule(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    omit_defaults=True,
    rename={"if_": "if", "not_": "not"},
):
    """What follows is one of value, unknown, not_applicable, count_turns, rubric, compute."""

    value: Any = UNSET
    unknown: Text | None = None
    """Why nothing can be told."""
    not_applicable: Text | None = None
    """Why the question does not arise."""
    count_turns: Condition | None = None
    """The number of turns in which this holds."""
    rubric: Rubric | None = None
    compute: str | None = None
    """sentiment or summary."""
    because: Text | None = None

    if_: Condition | None = None
    any: list[Condition] | None = None
    all: list[Condition] | None = None
    not_: Condition | list[Condition] | None = None
    score: list[Condition] | None = None
    """Holds where the weights of those that hold come to ``at_least``."""
    at_least: float = 1


OUTCOMES = ("value", "unknown", "not_applicable", "count_turns", "rubric", "compute")
