"""Small server state by name, such as how far the sweep has come."""

from __future__ import annotations

import json
from typing import Any

from aftercall.catalog.database import Database
from aftercall.catalog.tables import SettingRow
from aftercall.catalog.text import clean_text, encode_json
from aftercall.model.times import now_ms


class Settings:
    """Values are JSON: what comes back is what JSON keeps of them (a tuple returns as a list)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str, default: Any = None) -> Any:
        _clean(name)
        with self._database.read() as session:
            row = session.get(SettingRow, name)
        return default if row is None else json.loads(row.value)

    def set(self, name: str, value: Any) -> None:
        """The last one to set a name wins. Raises InvalidInput for what JSON cannot hold."""
        fields = {"name": _clean(name), "value": encode_json(value, "a setting"), "updated_at": now_ms()}
        with self._database.write() as session:
            self._database.upsert(session, SettingRow, "name", fields)


def _clean(name: object) -> str:
    return clean_text(name, "the name of a setting", shortest=1, longest=200)
