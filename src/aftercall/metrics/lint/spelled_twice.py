"""NAME_SPELLED_TWICE: one name in two spellings, of which two columns become."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from aftercall.metrics.lint.finding import Finding
from aftercall.metrics.lint.subject import Subject
from aftercall.metrics.lint.words import words

CODE = "NAME_SPELLED_TWICE"


def check(subject: Subject) -> Iterator[Finding]:
    """Among what is declared, what the code writes and what was written."""
    places = {spec.name: subject.place(spec.name) for spec in subject.active}
    for write in subject.scan.writes if subject.scan else ():
        if write.exact:
            places.setdefault(write.name, write.place)
    for name in subject.used or ():
        places.setdefault(name, None)
    alike: dict[str, list[str]] = defaultdict(list)
    for name in places:
        alike["".join(words(name)) or name].append(name)
    for names in alike.values():
        known = [name for name in names if name in subject.by_name]
        first = (known or sorted(names))[0]
        for other in names:
            if other != first:
                yield _finding(first, other, places[other] or places[first])


def _finding(name: str, other: str, place: str | None) -> Finding:
    return Finding(
        CODE,
        "error",
        name,
        f"{other!r} and {name!r} are one name in two spellings.",
        "They are two columns: a count of either is too small, and the analyst has to guess which is meant.",
        f"Write {name!r} everywhere; take {other!r} out of the file, or deactivate it.",
        place=place,
    )
