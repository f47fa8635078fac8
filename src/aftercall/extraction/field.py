"""A field to extract: a metric, and how its value is found."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import msgspec
from msgspec import UNSET

from aftercall.errors import InvalidInput
from aftercall.extraction.builtins import builtin
from aftercall.extraction.definition import Extraction, ExtractorName, Merge
from aftercall.extraction.rules.condition import WrongRule
from aftercall.extraction.rules.engine import Decide, compile_rules
from aftercall.model.values import METRIC_TYPES, MetricType, NotCoercible, Value, coerce

CODE = "EXTRACTION_INVALID"
_MERGES: dict[str, Merge] = {"boolean": "any", "text": "join"}
_NUMBERS: tuple[MetricType, ...] = ("number", "integer")
_MERGED: dict[Merge, tuple[MetricType, ...]] = {
    "any": ("boolean",), "all": ("boolean",), "join": ("text",),
    "sum": _NUMBERS, "max": _NUMBERS, "min": _NUMBERS,
}  # fmt: skip
"""What can be merged so; first and last can be all."""


@dataclass(frozen=True)
class Field:
    """From ``make_field``, which checks it."""

    name: str
    type: MetricType
    options: tuple[str, ...]
    definition: str
    extraction: Extraction

    @cached_property
    def version(self) -> str:
        """Of the definition: another one means another question, so that answers are not to be mixed."""
        told = [self.type, self.options, self.definition, self.stored]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:12]

    @cached_property
    def stored(self) -> dict[str, Any]:
        """The ``extraction`` JSON object, complete: a built-in is written out."""
        return cast("dict[str, Any]", msgspec.to_builtins(self.extraction))

    @property
    def extractors(self) -> tuple[ExtractorName, ...]:
        given = self.extraction.extractors
        if given is not None:
            return tuple(given)
        return ("llm", "rules") if self.extraction.rules else ("llm",)

    @cached_property
    def asks_previous_contacts(self) -> bool:
        """Whether its rules want to know how often the caller called before, which costs a question."""
        return '"previous_contacts"' in json.dumps(self.stored.get("rules"), default=str)

    @property
    def merge(self) -> Merge:
        return self.extraction.merge or _MERGES.get(self.type, "last")

    @cached_property
    def decide(self) -> Decide:
        """The rules, compiled."""
        told = self.extraction
        return compile_rules(told.rules, told.choose, told.otherwise, f"{self.name}: rules")

    def value(self, told: Any) -> Value:
        """As the field's type, within its bounds. Raises NotCoercible."""
        value = coerce(told, self.type, self.options)
        rules = self.extraction
        if isinstance(value, str):
            value = value.encode("utf-8", "replace").decode()
            if self.type == "text" and len(value) > rules.max_length:
                raise NotCoercible(f"the text has {len(value)} characters: {rules.max_length} at most")
        elif not isinstance(value, bool):
            if rules.minimum is not None and value < rules.minimum:
                raise NotCoercible(f"{value:g} is under {rules.minimum:g}")
            if rules.maximum is not None and value > rules.maximum:
                raise NotCoercible(f"{value:g} is over {rules.maximum:g}")
        return value


def make_field(
    name: str,
    type: str | None = None,
    options: Sequence[str] | None = None,
    definition: str | None = None,
    extract: str | Mapping[str, Any] = "",
) -> Field:
    """``extract``: the question, or the object of definition.py, or what the registry keeps as
    ``extraction``: its keys beside an ``extract`` that is one of these two.

    With ``use`` a built-in gives what is not given here, its type and options too. Raises InvalidInput
    (EXTRACTION_INVALID) that names the place.
    """
    told = _told(name, extract)
    if told.get("use") is not None:
        base = builtin(str(told["use"]), name)
        type, options = type or base["type"], base.get("options", ()) if options is None else options
        definition = definition or base.get("definition", "")
        told = {**base["extract"], **told}
    field = Field(name, _type(name, type), tuple(options or ()), definition or "", _read(name, told))
    _check(field)
    return field


def _told(name: str, extract: str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(extract, str):
        return {"question": extract}
    told = {key: value for key, value in extract.items() if key != "extract"}
    inner = extract.get("extract", {})
    if not isinstance(inner, str | Mapping):
        raise invalid(name, "give a question, or an object with one")
    return {**({"question": inner} if isinstance(inner, str) else inner), **told}


def _type(name: str, told: str | None) -> MetricType:
    for known in METRIC_TYPES:
        if told == known:
            return known
    raise invalid(name, f"the type is {told!r}: choose from {', '.join(METRIC_TYPES)}")


def _read(name: str, told: Mapping[str, Any]) -> Extraction:
    try:
        return msgspec.convert(told, Extraction)
    except msgspec.ValidationError as error:
        raise invalid(name, _in_words(str(error))) from None


def _in_words(error: str) -> str:
    what, _, where = error.partition(" - at `$")
    place = where.rstrip("`").lstrip(".")
    return f"{place}: {what}" if place else what


def _check(field: Field) -> None:
    told = field.extraction
    if not told.question.strip():
        raise invalid(field.name, "there is no question: say in plain words what is to be found out")
    if field.type == "categorical" and not field.options:
        raise invalid(field.name, "a categorical field needs options")
    if not field.extractors:
        raise invalid(field.name, "extractors is empty: name llm, rules or both")
    if "rules" in field.extractors and not told.rules:
        raise invalid(field.name, "extractors has rules, and there are none")
    for bound in (told.minimum, told.maximum):
        if bound is not None and (field.type not in ("number", "integer") or not math.isfinite(bound)):
            raise invalid(field.name, "minimum and maximum are for numbers")
    if told.minimum is not None and told.maximum is not None and told.minimum > told.maximum:
        raise invalid(field.name, "minimum is over maximum")
    if told.merge is not None and field.type not in _MERGED.get(told.merge, METRIC_TYPES):
        raise invalid(field.name, f"merge is {told.merge}, which is for {' and '.join(_MERGED[told.merge])}")
    _check_values(field)
    try:
        field.decide  # noqa: B018 - compiling is the check
    except WrongRule as error:
        raise InvalidInput(str(error), code=CODE) from None


def _check_values(field: Field) -> None:
    """Every value that a rule or an example has must be one of the field."""
    told = field.extraction
    given = [(f"rules[{n}].value", rule.value) for n, rule in enumerate(told.rules)]
    given += [(f"examples[{n}].value", example.value) for n, example in enumerate(told.examples)]
    for place, value in [*given, ("otherwise", told.otherwise)]:
        if value is UNSET:
            continue
        try:
            field.value(value)
        except NotCoercible as error:
            raise invalid(field.name, f"{place}: {error}") from None
    for n, example in enumerate(told.examples):
        if (example.value is UNSET) == (example.status is UNSET):
            raise invalid(field.name, f"examples[{n}] needs a value or a status, and not both")
        if bool(example.turns) == (example.said is not None):
            raise invalid(field.name, f"examples[{n}] needs turns or said, and not both")
        for turn in example.turns:
            if turn.partition(":")[0].strip() not in ("user", "agent"):
                raise invalid(field.name, f"examples[{n}].turns: begin each with user: or agent:")


def invalid(name: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{name}: extract: {reason}", code=CODE)
