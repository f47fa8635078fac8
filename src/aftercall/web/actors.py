"""Who did something, as people call them. Histories keep numbers, for names change."""

from __future__ import annotations

from functools import cached_property

from aftercall.catalog.catalog import Catalog
from aftercall.errors import NotFound


class Actors:
    """``name`` of a Principal's label. For one answer: it remembers what it has looked up."""

    def __init__(self, catalog: Catalog, account: str) -> None:
        self._catalog = catalog
        self._account = account
        self._known: dict[str, str] = {}

    def name(self, label: str) -> str:
        """A person's name, or a key's; empty: not known, or not any more."""
        if label not in self._known:
            self._known[label] = self._find(label)
        return self._known[label]

    def _find(self, label: str) -> str:
        kind, _, number = label.partition(":")
        if not number.isdigit():
            return ""
        if kind == "key":
            return self._keys.get(int(number), "")
        try:
            return self._catalog.people.get(int(number)).name if kind == "person" else ""
        except NotFound:
            return ""

    @cached_property
    def _keys(self) -> dict[int, str]:
        return {key.id: f"key {key.name}" for key in self._catalog.keys.list(account=self._account)}
