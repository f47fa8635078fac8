"""What to say where nothing is answered, and what could be asked instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz

from aftercall.analyst.planner.plan import Alternative
from aftercall.analyst.planner.vocabulary import Entity, Vocabulary, words_of

MOST = 4


def near(question: str, vocabulary: Vocabulary, words: Sequence[str] = ()) -> list[Alternative]:
    """Questions about the metrics whose words look most like the question's."""
    asked = " ".join(words) or question
    metrics = [one for one in vocabulary.entities if one.kind == "metric"]
    scored = [(_likeness(asked, one), number, one) for number, one in enumerate(metrics)]
    best = sorted(scored, key=lambda one: (-one[0], one[1]))[:MOST]
    return [example(one) for score, _, one in best if score >= 60] or [
        example(one) for one in _common(metrics)
    ]


def _likeness(asked: str, entity: Entity) -> float:
    said = [" ".join(words) for words in entity.sayings]
    told = [*said, entity.facts.definition.lower()]
    return max((fuzz.token_set_ratio(asked.lower(), one) for one in told if one), default=0.0)


def _common(metrics: Sequence[Entity]) -> list[Entity]:
    wanted = [one for one in metrics if not one.is_built_in and one.facts.type in ("boolean", "categorical")]
    return wanted[: MOST - 1] or list(metrics[: MOST - 1])


def example(entity: Entity) -> Alternative:
    """A question about it that is answered."""
    facts = entity.facts
    said = spoken(entity)
    if entity.kind == "value":
        return Alternative(f"How many calls had {facts.name} {entity.value}?", entity.name)
    if facts.type == "boolean":
        return Alternative(f"How many calls had {facts.name}?", facts.definition)
    if facts.type in ("number", "integer"):
        return Alternative(f"What was the average {facts.name} last week?", facts.definition)
    if facts.type == "ratio":
        return Alternative(f"What was the {said} last week?", facts.definition)
    if facts.type == "count":
        return Alternative(f"How many {said} last week?", facts.definition)
    return Alternative(f"How many calls by {facts.name}?", facts.definition)


def spoken(entity: Entity) -> str:
    """``CALL_REASON`` as call reason."""
    return " ".join(words_of(entity.facts.display_name or entity.facts.name))


def meanings(entities: Iterable[Entity]) -> list[Alternative]:
    return [example(one) for one in dict.fromkeys(entities)][: MOST + 2]


MESSAGES = {
    "future": "Only what has happened is known: nothing is said about the future.",
    "opinion": "That asks for a judgement, and there are only numbers and transcripts here.",
    "action": "Questions are answered here; nothing is done or changed.",
    "empty": "Ask a question: about a metric, a number of calls, or what was said in them.",
    "too_long": "The question is too long: ask it in fewer words.",
}
