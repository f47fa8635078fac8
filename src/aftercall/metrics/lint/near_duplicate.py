"""NEAR_DUPLICATE: two names of the same words, in another form or order, or one letter apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.lint.words import one_apart, stem, words
from aftercall.model.metric_spec import MetricSpec, Spec

CODE = "NEAR_DUPLICATE"
_SHORTEST_MISTYPED = 5
"""Shorter words differ by one letter without being mistakes: MIN and MAX, PAID and SAID."""
_ORDER_COUNTS = frozenset(
    {"to", "from", "per", "by", "before", "after", "of", "in", "for", "with", "without"}
)
_PREFIXES = ("a", "i", "e", "o", "u", "y")
"""LEGAL and ILLEGAL's kind: one letter more in front makes another word."""


def check(subject: Subject) -> Iterator[Finding]:
    specs = [spec for spec in subject.active if words(spec.name)]
    seen: set[tuple[str, str]] = set()
    for one, other in [*_same_words(specs), *_mistyped(specs)]:
        pair = (one.name, other.name)
        if pair not in seen and "".join(words(one.name)) != "".join(words(other.name)):
            seen.add(pair)
            yield _finding(subject, one, other)


def _same_words(specs: Sequence[Spec]) -> Iterator[tuple[Spec, Spec]]:
    alike: dict[tuple[str, ...], list[Spec]] = defaultdict(list)
    for spec in specs:
        stems = [stem(word) for word in words(spec.name)]
        alike[tuple(stems if _ORDER_COUNTS & set(stems) else sorted(stems))].append(spec)
    for group in alike.values():
        for other in group[1:]:
            yield group[0], other


def _mistyped(specs: Sequence[Spec]) -> Iterator[tuple[Spec, Spec]]:
    """Names that are the same but for one word, and that word but for one letter."""
    alike: dict[tuple[tuple[str, ...], int], list[tuple[str, Spec]]] = defaultdict(list)
    for spec in specs:
        parts = words(spec.name)
        for at, word in enumerate(parts):
            if len(word) >= _SHORTEST_MISTYPED and not word.isdigit():
                alike[(*parts[:at], "", *parts[at + 1 :]), at].append((word, spec))
    for group in alike.values():
        for at, (word, spec) in enumerate(group):
            for other_word, other in group[at + 1 :]:
                if one_apart(word, other_word) and not _prefixed(word, other_word):
                    yield spec, other


def _prefixed(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(long) > len(short) and long.startswith(_PREFIXES) and long[1:] == short


def _finding(subject: Subject, one: Spec, other: Spec) -> Finding:
    both = isinstance(one, MetricSpec) and isinstance(other, MetricSpec)
    counted = both and {one.type, other.type} == {"boolean", "integer"}  # type: ignore[union-attr]
    return Finding(
        CODE,
        "info" if counted else "warning",
        one.name,
        f"{one.name!r} and {other.name!r} look like one metric twice.",
        "Whoever asks for one of them gets only a part of the calls, and the analyst may take either.",
        f"If they are one, write {one.name!r} everywhere and deactivate {other.name!r}; if not, say in both"
        " definitions what sets them apart.",
        place=subject.place(other.name) or subject.place(one.name),
    )
