"""What a project's questions can name: metrics, options, fields and their values, by the stems of words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aftercall.analyst.planner.sayings import CHANNELS, FIELDS_OFFERED, LANGUAGES, SAYINGS
from aftercall.analyst.planner.stems import stem
from aftercall.analyst.planner.thesaurus import RELATED
from aftercall.analyst.planner.words import GENERIC
from aftercall.metrics import builtin
from aftercall.metrics.facts import Facts

SYNONYM = 0.85
"""What a word of the thesaurus is worth beside the name's own word."""
OTHER_FORM = 0.93
_BUILT_IN = frozenset(facts.name for facts in (*builtin.METRICS, *builtin.FIELDS))
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_GROUPABLE = ("categorical", "text", "list", "boolean")


@dataclass(frozen=True, eq=False)
class Entity:
    """``value``: of an option or a field's value, what it is. ``sayings``: the ways to say it, in words."""

    kind: Literal["metric", "value"]
    facts: Facts
    sayings: tuple[tuple[str, ...], ...]
    value: Any = None

    @property
    def name(self) -> str:
        """For people: ``CALL_REASON`` or ``CALL_REASON = billing``."""
        return self.facts.name if self.kind == "metric" else f"{self.facts.name} = {self.value}"

    @property
    def is_numeric(self) -> bool:
        return self.kind == "metric" and self.facts.type in ("number", "integer")

    @property
    def is_ratio(self) -> bool:
        return self.kind == "metric" and self.facts.type in ("ratio", "count")

    @property
    def is_groupable(self) -> bool:
        return self.kind == "metric" and (self.facts.type in _GROUPABLE or self.facts.name in _CLOCK)

    @property
    def is_condition(self) -> bool:
        """Whether it is true or not of one conversation."""
        return self.kind == "value" or self.facts.type in ("boolean", "text", "categorical", "list")

    @property
    def is_built_in(self) -> bool:
        return self.facts.name in _BUILT_IN


_LIGHT = 0.4
_LIGHT_PARTICIPLES = frozenset(
    ["sent", "made", "done", "given", "processed", "needed", "required", "completed", "happened", "received"]
)
_PARTICIPLES = frozenset(
    [
        "sent",
        "found",
        "paid",
        "made",
        "sold",
        "lost",
        "won",
        "met",
        "left",
        "known",
        "held",
        "given",
        "taken",
        "kept",
    ]
)
_CLOCK = ("hour_of_day", "day_of_week")


@dataclass(frozen=True)
class Place:
    """One word of one saying of one entity. ``factor``: how near the word asked for is to it."""

    entity: Entity
    saying: int
    word: int
    factor: float


@dataclass
class Vocabulary:
    """``by_stem``: where a stem stands, synonyms of the thesaurus included. ``words``: everything known, for
    finding typing errors."""

    entities: list[Entity]
    weights: Mapping[str, float] = field(default_factory=dict)
    by_stem: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, Entity] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, facts: Iterable[Facts], values: Mapping[str, Sequence[Any]] | None = None) -> Vocabulary:
        """``values``: by field, those it had, where words of them are wanted too."""
        offered = list(facts)
        entities = [*_entities(offered), *_of_values(offered, values or {})]
        made = cls(entities, _weights(entities))
        for entity in entities:
            made._add(entity)
        return made

    @property
    def happenings(self) -> frozenset[str]:
        """What happens or not, by the names of booleans: booked, cancelled."""
        return frozenset(
            saying[-1]
            for entity in self.entities
            if entity.kind == "metric" and entity.facts.type == "boolean"
            for saying in entity.sayings
            if is_participle(saying[-1])
        )

    def weights_of(self, entity: Entity, saying: Sequence[str]) -> list[float]:
        """Of each word. What happened says most in the name of a boolean: booked, in APPOINTMENT_BOOKED."""
        found = [self._weight(stem(word)) for word in saying]
        if entity.facts.type == "boolean" and entity.kind == "metric" and is_participle(saying[-1]):
            found[-1] = _LIGHT if saying[-1] in _LIGHT_PARTICIPLES else max(found[-1], 1.0)
        return found

    def _weight(self, word_stem: str) -> float:
        return GENERIC.get(word_stem, self.weights.get(word_stem, 1.0))

    def _add(self, entity: Entity) -> None:
        if entity.kind == "metric":
            self.by_name[entity.facts.name.casefold()] = entity
        for number, saying in enumerate(entity.sayings):
            for place, word in enumerate(saying):
                own = stem(word)
                self.words.add(word)
                self.by_stem[own].append(Place(entity, number, place, 1.0))
                for other in RELATED.get(own, ()):
                    self.by_stem[other].append(Place(entity, number, place, SYNONYM))


def is_participle(word: str) -> bool:
    return (word.endswith("ed") and len(word) > 4) or word in _PARTICIPLES


def words_of(text: str) -> tuple[str, ...]:
    """``APPOINTMENT_BOOKED``, ``callReason`` and ``Follow-up needed`` as lower-case words."""
    return tuple(found.lower() for found in _WORD.findall(text.replace("'", "")))


def _entities(facts: Iterable[Facts]) -> Iterable[Entity]:
    offered = [one for one in builtin.FIELDS if one.name in FIELDS_OFFERED]
    for one in (*facts, *offered):
        said = [one.name, one.display_name, *one.synonyms, *SAYINGS.get(one.name, ())]
        if one.name in _BUILT_IN and one.name in SAYINGS:
            said = [*one.synonyms, *SAYINGS[one.name]]
        if one.type == "count":  # calls and callers are nouns of the grammar
            continue
        yield Entity("metric", one, _sayings(said))
        for option in one.options:
            yield Entity("value", one, _sayings([option]), option)


def _sayings(texts: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(dict.fromkeys(words for text in texts if (words := words_of(text))))


def _of_values(offered: Iterable[Facts], values: Mapping[str, Sequence[Any]]) -> Iterable[Entity]:
    by_name = {**builtin.BY_NAME, **{one.name: one for one in offered}}
    for name, known in values.items():
        facts = by_name.get(name)
        if facts is None:
            continue
        for value in known:
            if isinstance(value, str) and (sayings := _sayings(_said(name, value))):
                yield Entity("value", facts, sayings, value)


def _said(name: str, value: str) -> list[str]:
    """A language tag is said by the language's name; everything else as it is."""
    if name == "language":
        return [word for word, tag in LANGUAGES.items() if value.lower().split("-")[0] == tag]
    if name == "channel":
        return [value, *(word for word, channel in CHANNELS.items() if channel == value)]
    return [value]


def _weights(entities: Iterable[Entity]) -> dict[str, float]:
    """A word that many metrics' names have says less of each: appointment of the four that begin so."""
    registered = [one for one in entities if one.kind == "metric" and not one.is_built_in]
    count = Counter(own for one in registered for own in {stem(word) for word in one.sayings[0]})
    return {own: 1 / (1 + 0.25 * (many - 1)) for own, many in count.items()}
