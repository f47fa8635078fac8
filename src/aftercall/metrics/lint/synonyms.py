"""SYNONYMS: two names that mean one thing in other words. WORDS_MIXED: two words for one thing, in different
names. SYNONYM_TAKEN: a declared synonym that leads to two metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.lint.words import CONCEPTS, concept, stem, words
from aftercall.metrics.yaml_write import snippet
from aftercall.model.metric_spec import Spec

_ONE_WORD = ("handoff", "handover", "transfer")
"""Of these a project should use one. An escalation is the caller's asking for a person, which is apart."""


def check(subject: Subject) -> Iterator[Finding]:
    yield from _same_meaning(subject)
    yield from _mixed_words(subject)
    yield from _taken(subject)


def _same_meaning(subject: Subject) -> Iterator[Finding]:
    alike: dict[tuple[str, ...], list[Spec]] = defaultdict(list)
    for spec in subject.active:
        if words(spec.name):
            alike[tuple(sorted(concept(word) for word in words(spec.name)))].append(spec)
    for group in alike.values():
        one = group[0]
        for other in group[1:]:
            if sorted(map(stem, words(one.name))) != sorted(map(stem, words(other.name))):
                yield Finding(
                    "SYNONYMS",
                    "warning",
                    one.name,
                    f"{one.name!r} and {other.name!r} say one thing in two words.",
                    "A question for one of them misses the calls of the other, and the analyst cannot know"
                    " that there are two.",
                    f"Keep one name and give it the other as a synonym, so that questions in either word find"
                    f" it; deactivate {other.name!r}. If they differ, say so in both definitions.",
                    snippet(one.name, {"synonyms": [*one.synonyms, other.name]}),
                    subject.place(other.name),
                )


def _mixed_words(subject: Subject) -> Iterator[Finding]:
    group = next(group for group in CONCEPTS if "handoff" in group)
    stems = {stem(word): word for word in _ONE_WORD if word in group}
    users: dict[str, list[str]] = defaultdict(list)
    for spec in subject.active:
        for word in {stem(word) for word in words(spec.name)} & stems.keys():
            users[stems[word]].append(spec.name)
    if len(users) > 1:
        told = "; ".join(f"{word}: {', '.join(names[:3])}" for word, names in sorted(users.items()))
        few = min(users, key=lambda word: (len(users[word]), word == "handoff"))
        yield Finding(
            "WORDS_MIXED",
            "info",
            users[few][0],
            f"The names use {len(users)} words for one thing ({told}).",
            "People look for one word in a list of metrics and do not see the others.",
            "Use handoff, as the built-in columns do, or declare the other words as synonyms.",
            place=subject.place(users[few][0]),
        )


def _taken(subject: Subject) -> Iterator[Finding]:
    owners: dict[str, str] = {spec.name.casefold(): spec.name for spec in subject.active}
    for spec in subject.active:
        for synonym in spec.synonyms:
            owner = owners.setdefault(synonym.strip().casefold(), spec.name)
            if owner != spec.name:
                rest = [one for one in spec.synonyms if one != synonym]
                yield Finding(
                    "SYNONYM_TAKEN",
                    "error",
                    spec.name,
                    f"{synonym!r} is a synonym of {spec.name!r}, and leads to {owner!r} as well.",
                    "The analyst cannot tell which of the two a question means, so it has to ask back.",
                    f"Leave {synonym!r} to one of them.",
                    snippet(spec.name, {"synonyms": rest}),
                    subject.place(spec.name),
                )
