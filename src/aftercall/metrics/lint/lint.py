"""All rules, one after another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from aftercall.metrics.lint import (
    builtin_name,
    definitions,
    mixed_casing,
    near_duplicate,
    never_written,
    outside_options,
    ratio_side,
    spelled_twice,
    synonyms,
    type_mismatch,
    unregistered,
    unused_option,
    vague_name,
)
from aftercall.metrics.lint.finding import SEVERITIES, Finding
from aftercall.metrics.lint.subject import Subject

RULES: tuple[Callable[[Subject], Iterable[Finding]], ...] = (
    spelled_twice.check,
    outside_options.check,
    type_mismatch.check,
    ratio_side.check,
    builtin_name.check,
    synonyms.check,
    near_duplicate.check,
    mixed_casing.check,
    vague_name.check,
    unregistered.check,
    never_written.check,
    definitions.check,
    unused_option.check,
)

CODES = frozenset(
    {
        "NAME_SPELLED_TWICE",
        "VALUE_OUTSIDE_OPTIONS",
        "TYPE_MISMATCH",
        "RATIO_SIDE_UNKNOWN",
        "BUILTIN_NAME",
        "SYNONYMS",
        "SYNONYM_TAKEN",
        "WORDS_MIXED",
        "NEAR_DUPLICATE",
        "MIXED_CASING",
        "VAGUE_NAME",
        "UNREGISTERED_WRITE",
        "NEVER_WRITTEN",
        "DEFINITION_MISSING",
        "FAILURE_UNDEFINED",
        "OPTION_NEVER_SEEN",
    }
)


def lint(subject: Subject, ignore: Collection[str] = ()) -> list[Finding]:
    """What there is to say, the worst first. ``ignore``: codes to leave out."""
    found = [one for rule in RULES for one in rule(subject) if one.code not in ignore]
    return sorted(found, key=lambda one: SEVERITIES.index(one.severity))
