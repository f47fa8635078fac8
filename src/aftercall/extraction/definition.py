"""What a metric's ``extract:`` holds: the shape that metrics.yaml, the registry and the API share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from aftercall.extraction.rules.rule import Choose, Rule

ExtractorName = Literal["llm", "rules"]
Grounding = Literal["required", "wanted", "no"]
Merge = Literal["last", "first", "any", "all", "sum", "max", "min", "join"]
Line = Annotated[str, Meta(min_length=1, max_length=4_000)]
Percent = Annotated[float, Meta(ge=0, le=100)]


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Which calls are asked at all; all that is given must hold. The others get no value written."""

    channel: str | list[str] | None = None
    language: str | list[str] | None = None
    """BCP 47; ``en`` fits ``en-GB`` too."""
    min_turns: Annotated[int, Meta(ge=0)] | None = None
    """Utterances of either side."""
    min_duration: Annotated[float, Meta(ge=0)] | None = None
    """Seconds. A call whose duration is not known does not fit."""
    only_if: dict[str, Any] = {}
    """Another metric and the value, or list of values, it must have: ``{HANDOFF: true}``."""
    sample: Percent = 100
    """Percent of the calls, the same ones each time."""


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A short call and what is to come out. Rules are tested on it, a model is shown it."""

    turns: list[str] = []
    """``["agent: Hello.", "user: I want a person."]``"""
    said: str | None = None
    """Short for one turn of the user."""
    value: Any = UNSET
    status: Literal["unknown", "not_applicable"] | UnsetType = UNSET
    """In place of ``value``."""
    facts: dict[str, Any] = {}
    """Such as ``{ended_reason: user_hangup, handoff: true}``."""
    functions: list[str] = []
    """Called by the agent; ``name!`` failed."""
    metrics: dict[str, Any] = {}
    previous_contacts: int | None = None
    only: ExtractorName | None = None
    """``llm``: too hard for the rules, which are then not tested on it."""


class Extraction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    question: Annotated[str, Meta(max_length=4_000)] = ""
    """In plain words, as a person would be asked."""
    use: str | None = None
    """A built-in definition to begin with; what else is given stands in place of its own."""
    examples: Annotated[list[Example], Meta(max_length=100)] = []
    when: When = When()
    extractors: list[ExtractorName] | None = None
    """In the order in which they are tried. Default: llm, then rules where there are any."""
    model: Line | None = None
    """The name of a model; None: the default one."""
    grounded: Grounding = "wanted"
    """``required``: a value without a quote from the call is not kept as a value. ``wanted``: it is kept and
    marked. ``no``: quotes are not asked for."""
    speaker: Literal["user", "agent"] | None = None
    """Who must have said the quote."""
    rules: Annotated[list[Rule], Meta(max_length=500)] = []
    choose: Choose = "first"
    """Of several rules that hold: the first, or the one with the best score."""
    otherwise: Any = UNSET
    """The value where no rule holds; without it: unknown."""
    redact: bool | None = None
    """Whether personal data is replaced before a model sees it; None: as the project says."""
    minimum: float | None = None
    maximum: float | None = None
    max_length: Annotated[int, Meta(ge=1, le=10_000)] = 1_000
    """Characters of a text."""
    merge: Merge | None = None
    """How the answers for the parts of a long call become one; None: any for booleans, join for texts, else
    last."""
