"""Column names of the wide table, made from the names agents write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from aftercall.model.builtins import BUILTIN_COLUMNS

LONGEST_COLUMN = 60

ENGINE_COLUMNS = frozenset({"_block_number", "_block_offset", "_row_exists"})
"""ClickHouse keeps these names for itself: ADD COLUMN with one of them is refused (ILLEGAL_COLUMN)."""

RESERVED = BUILTIN_COLUMNS | ENGINE_COLUMNS


def column_for(name: str, taken: Iterable[str], reserved: Iterable[str] = RESERVED) -> str:
    """A column for a metric of this name beside the columns in ``taken``.

    ASCII letters, digits and _, no leading digit, at most 60 characters; different from every taken
    and reserved one whatever the case, by _2, _3... at the end. ``name`` has at least one character.
    """
    used = {column.lower() for column in taken} | {column.lower() for column in reserved}
    base = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if base[0].isdigit():
        base = f"_{base}"
    candidate = base[:LONGEST_COLUMN]
    for number in count(2):
        if candidate.lower() not in used:
            break
        suffix = f"_{number}"
        candidate = base[: LONGEST_COLUMN - len(suffix)] + suffix
    return candidate
