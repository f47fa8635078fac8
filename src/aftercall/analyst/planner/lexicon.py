"""The vocabulary of a project, made once for each revision of its registry."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Any

from aftercall.analyst.access import Access, values_of
from aftercall.analyst.planner.sayings import VALUE_FIELDS
from aftercall.analyst.planner.vocabulary import Vocabulary
from aftercall.errors import Forbidden

_FRESH_S = 60.0
"""After so long new values of fields are looked for: a new variant is asked about on its first day."""
_LONGEST_VALUE = 60
_MOST_TEXTS = 30
"""Values of a text metric are words of questions only where there are so few."""


@dataclass(frozen=True)
class _Known:
    revision: int
    plain: Vocabulary
    whole: Vocabulary | None = None
    whole_since: float = 0.0
    """With the values of fields and texts, which need questions to the store."""


class Lexicon:
    """Thread-safe. The values of fields and texts are asked for when a word is none of the registry's."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._known: _Known | None = None
        self._guard = threading.Lock()

    def plain(self) -> Vocabulary:
        revision = self._access.revision
        with self._guard:
            if self._known is None or self._known.revision != revision:
                self._known = _Known(revision, Vocabulary.of(self._access.facts()))
            return self._known.plain

    def whole(self) -> Vocabulary:
        self.plain()
        known = self._known
        assert known is not None
        if known.whole is not None and time.monotonic() - known.whole_since < _FRESH_S:
            return known.whole
        facts = self._access.facts()
        texts = [one.name for one in facts if one.type == "text" and one.sql == ""]
        values = {name: self._values(name) for name in (*VALUE_FIELDS, *texts)}
        whole = Vocabulary.of(facts, {name: found for name, found in values.items() if found})
        with self._guard:
            self._known = replace(known, whole=whole, whole_since=time.monotonic())
        return whole

    def _values(self, name: str) -> list[Any]:
        """Of a text with many different values none: those are sentences, and nobody names them."""
        try:
            found = [value for value, _ in values_of(self._access, name, most=_MOST_TEXTS + 1)]
        except Forbidden:
            return []
        short = [value for value in found if isinstance(value, str) and len(value) <= _LONGEST_VALUE]
        return short if len(found) <= _MOST_TEXTS or name in VALUE_FIELDS else []
