"""Which metrics, options and fields the words of a question name.

Names match by the stems of their words, in any order and with little words between. What covers more of the
question and of the name goes first; where two are as good, both are told and nobody guesses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from aftercall.analyst.planner.tokens import Text
from aftercall.analyst.planner.vocabulary import OTHER_FORM, SYNONYM, Entity, Place, Vocabulary
from aftercall.analyst.planner.words import BRIDGES, HARMLESS, NEGATIVE, NOUNS

LEAST = 0.42
"""Of a name's words, weighted, this share must be there."""
CLOSE = 0.05
"""Two names whose scores are nearer than this are equally likely."""
LEAST_BY_SYNONYM = 0.56
LEAST_OF_VALUE = 0.6
_ANY_CALL = frozenset(
    [
        "answered",
        "requested",
        "received",
        "handled",
        "taken",
        "used",
        "made",
        "given",
        "asked",
        "called",
        "spoken",
    ]
)
"""What is done in every call names no metric alone: "calls that were answered" are not MACHINE_ANSWERED."""
_WHOLE = 0.9
_LITTLE = 0.3
"""Words of this weight name nothing alone, unless they are the whole of a name."""
_GAP = 3
_NEVER = -5.0
NOUNS_AND_RATES = NOUNS | {"rate", "rates", "share", "shares"}
"""Words of the grammar's own are never synonyms of a name's: a rate is no rating."""


@dataclass(frozen=True)
class Found:
    """An entity named by the tokens ``at``. ``rivals``: others that are as likely."""

    entity: Entity
    at: tuple[int, ...]
    quality: float
    score: float
    rivals: tuple[Entity, ...] = ()

    @property
    def first(self) -> int:
        return self.at[0]

    @property
    def end(self) -> int:
        return self.at[-1] + 1


Cue = Callable[[Entity, tuple[int, ...]], float]
"""What the words around speak for or against an entity in a place."""


def match(text: Text, vocabulary: Vocabulary, cue: Cue) -> list[Found]:
    """What is named, in the order of the question. Takes their tokens."""
    candidates = sorted(_candidates(text, vocabulary, cue), key=lambda one: -one.score)
    chosen: list[Found] = []
    for one in candidates:
        if any(text.taken[i] for i in one.at):
            continue
        rivals = tuple(
            dict.fromkeys(
                other.entity
                for other in candidates
                if other.entity is not one.entity
                and one.score - other.score < CLOSE
                and set(other.at) == set(one.at)
            )
        )
        chosen.append(replace(one, rivals=rivals))
        for i in one.at:
            text.taken[i] = True
        _take_bridges(text, one)
    return sorted(chosen, key=lambda one: one.at)


def _take_bridges(text: Text, one: Found) -> None:
    for i in range(one.first, one.end):
        if text.tokens[i].word in BRIDGES:
            text.taken[i] = True


def _candidates(text: Text, vocabulary: Vocabulary, cue: Cue) -> Iterable[Found]:
    places: dict[tuple[int, int], list[tuple[int, Place]]] = defaultdict(list)
    for i, token in enumerate(text.tokens):
        if text.taken[i] or token.word == "last":  # of a time that was not understood: not how long it lasted
            continue
        if token.kind == "name":
            exact = vocabulary.by_name.get(token.word.casefold())
            if exact is not None:
                yield Found(exact, (i,), 1.0, 9.0)
            continue
        for place in vocabulary.by_stem.get(token.stem, ()) if token.kind == "word" else ():
            if place.factor <= SYNONYM and token.word in NOUNS_AND_RATES and token.word != "person":
                continue
            places[(id(place.entity), place.saying)].append((i, place))
    for hits in places.values():
        yield from _best(text, vocabulary, hits, cue)


def _best(text: Text, vocabulary: Vocabulary, hits: list[tuple[int, Place]], cue: Cue) -> Iterable[Found]:
    """Every run of hits near each other that covers enough of the saying."""
    entity, number = hits[0][1].entity, hits[0][1].saying
    saying = entity.sayings[number]
    weights = vocabulary.weights_of(entity, saying)
    total = sum(weights)
    for start in range(len(hits)):
        used: dict[int, tuple[int, float]] = {}
        last = hits[start][0]
        absorbed: list[int] = []
        for i, place in hits[start:]:
            if place.word in used and i == last + 1:  # "text messages" are both the word sms
                absorbed.append(i)
                last = i
                continue
            if place.word in used or any(i == at for at, _ in used.values()):
                continue
            if i != last and not _bridged(text, last, i, used):
                break
            factor = place.factor
            if factor == 1.0 and text.tokens[i].word != saying[place.word]:
                factor = _form(text.tokens[i].word, saying[place.word])
            used[place.word] = (i, factor)
            last = i
        if any(word in NEGATIVE and place not in used for place, word in enumerate(saying)):
            continue
        quality = sum(weights[word] * factor for word, (_, factor) in used.items()) / total
        own = any(factor > SYNONYM for _, factor in used.values())
        if quality < (LEAST if own else LEAST_BY_SYNONYM):
            continue
        head = len(saying) - 1
        happened = entity.kind == "metric" and entity.facts.type == "boolean"
        if happened and len(saying) > 1 and set(used) == {head} and saying[head] in _ANY_CALL:
            continue
        if quality < _WHOLE and not any(weights[word] > _LITTLE for word in used):
            continue
        if (
            entity.kind == "value"
            and quality < LEAST_OF_VALUE
            and not _is_unique(text, vocabulary, used, entity)
        ):
            continue
        if _turned_around(text, used):
            continue
        if len(saying) > 1 and all(text.tokens[i].word in NOUNS for i, _ in used.values()):
            continue
        at = tuple(sorted([*absorbed, *(i for i, _ in used.values())]))
        gain = sum(min(1.0, weights[word] + 0.15) * factor for word, (_, factor) in used.items())
        told = cue(entity, at)
        if told > _NEVER:
            yield Found(entity, at, quality, quality + 0.45 * gain + told)


_VERBS = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "got",
        "get",
        "gets",
        "has",
        "have",
        "had",
        "did",
        "do",
        "does",
    ]
)


def _turned_around(text: Text, used: dict[int, tuple[int, float]]) -> bool:
    """ "billing calls were handed off" is not HANDOFF_BILLING: words in another order, a verb between."""
    places = [at for _, (at, _) in sorted(used.items())]
    if places == sorted(places):
        return False
    return any(text.tokens[i].word in _VERBS for i in range(min(places), max(places)))


def _is_unique(
    text: Text, vocabulary: Vocabulary, used: dict[int, tuple[int, float]], entity: Entity
) -> bool:
    """Harbor is enough for Harbor Mutual where nothing else is called so; nurse is not for nurse on duty."""
    own = str(entity.value).split()
    if not any(text.tokens[i].word.capitalize() in own for i, _ in used.values()):
        return False
    entities = [
        {id(place.entity) for place in vocabulary.by_stem[text.tokens[i].stem] if place.factor == 1.0}
        for i, _ in used.values()
        if text.tokens[i].word not in HARMLESS
    ]
    return any(len(one) == 1 for one in entities)


def _form(word: str, own: str) -> float:
    """booked is nearer to booked than to booking, and bookings as near to booking as booking is."""
    if word.rstrip("s") == own.rstrip("s"):
        return 0.99
    participle = word.endswith("ed")
    if participle != own.endswith("ed") and (own.endswith(("ing", "ion", "ment")) or participle):
        return 0.8
    return OTHER_FORM


def _bridged(text: Text, last: int, i: int, used: dict[int, tuple[int, float]]) -> bool:
    between = range(last + 1, i)
    if len(between) > _GAP:
        return False
    taken = {at for at, _ in used.values()}
    return all(j in taken or text.tokens[j].word in BRIDGES | NEGATIVE for j in between)
