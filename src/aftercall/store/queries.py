"""Named SQL: the blocks of ``sql/*.sql``, each under a line ``-- name --``, so that an operator can read
and EXPLAIN what runs. ``{{word}}`` is filled by us from fixed parts (never from anybody's text);
``{name:Type}`` is bound by the engine."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_HEAD = re.compile(r"^-- (\w+) --$", re.MULTILINE)


@cache
def _blocks(file: str) -> dict[str, str]:
    text = (resources.files("aftercall.store") / "sql" / f"{file}.sql").read_text(encoding="utf-8")
    parts = _HEAD.split(text)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def sql(file: str, name: str, **parts: object) -> str:
    """The statement ``name`` of ``sql/<file>.sql`` with its ``{{parts}}`` filled in."""
    statement = _blocks(file)[name]
    for key, part in parts.items():
        statement = statement.replace("{{" + key + "}}", str(part))
    return statement


def names(file: str) -> list[str]:
    return list(_blocks(file))
