"""What people say of a metric: the fields of metrics.yaml, of the API's bodies and of the registry alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, cast

from aftercall.model.values import DEFAULT_EMPTY_VALUES, MetricType

Better = Literal["up", "down", "none"]
BETTER: tuple[Better, ...] = ("up", "down", "none")
"""Whether more of it is good news, bad news, or neither."""

SOURCES = ("agent", "extraction", "human", "system", "import")

RateBase = Literal["all", "known"] | Mapping[str, str]
"""What a rate divides by: all conversations, those that know a value, or {"metric": NAME}'s."""

RATIO = "ratio"
"""In ``type:`` of a file or a body: two measures, and no column of its own."""

EXTRACTION_KEYS = (
    "extract",
    "use",
    "examples",
    "when",
    "extractors",
    "model",
    "grounded",
    "speaker",
    "rules",
    "choose",
    "otherwise",
    "redact",
    "minimum",
    "maximum",
    "max_length",
    "merge",
)
"""Keys of a declared extraction which a file may write beside type and options. Kept together, as
``extraction``; what they mean is checked where extraction happens."""


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric as declared. ``display_name`` None: its name. ``rate_base`` None: by who writes it (agents
    write only what happened, so ``all``; what is extracted can be unknown, so ``known``)."""

    name: str
    type: MetricType
    options: tuple[str, ...] = ()
    empty_values: tuple[str, ...] = DEFAULT_EMPTY_VALUES
    display_name: str | None = None
    definition: str = ""
    unit: str = ""
    better: Better = "none"
    group: str = ""
    expected_sources: tuple[str, ...] = ()
    rate_base: RateBase | None = None
    synonyms: tuple[str, ...] = ()
    owner: str = ""
    active: bool = True
    extraction: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RatioSpec:
    """A ratio as declared: ``multiplier * numerator / denominator``, both measures of a Query."""

    name: str
    numerator: Mapping[str, Any] = field(default_factory=dict)
    denominator: Mapping[str, Any] = field(default_factory=dict)
    multiplier: float = 1.0
    display_name: str | None = None
    definition: str = ""
    unit: str = ""
    better: Better = "none"
    group: str = ""
    synonyms: tuple[str, ...] = ()
    owner: str = ""
    active: bool = True


Spec = MetricSpec | RatioSpec


def spec_fields(spec: Spec) -> dict[str, Any]:
    """All of it but the name, as plain JSON values and with its defaults filled in: what is compared.

    A ratio's ``type`` is "ratio".
    """
    told = {one.name: _plain(getattr(spec, one.name)) for one in fields(spec) if one.name != "name"}
    if told["display_name"] is None:
        told["display_name"] = spec.name
    return {"type": RATIO, **told} if isinstance(spec, RatioSpec) else told


def defaults(name: str, type_: str) -> dict[str, Any]:
    """``spec_fields`` of a metric of which nothing but name and type is said."""
    if type_ == RATIO:
        return spec_fields(RatioSpec(name))
    return spec_fields(MetricSpec(name, cast(MetricType, type_)))


def flagged(name: str) -> dict[str, Any]:
    """The measure that a bare name stands for: conversations in which it happened, whatever its type.

    A count of known values would count the false ones too.
    """
    measure: dict[str, Any] = {"metric": name, "agg": "conversations"}
    if name != "conversations":
        measure["where"] = [{"field": name, "op": "flagged"}]
    return measure


def measure_of(told: object) -> object:
    """A ratio's side in full: a bare name is spelled out, anything else stays as it is."""
    return flagged(told) if isinstance(told, str) else told


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
