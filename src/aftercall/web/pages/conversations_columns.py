"""Which columns of the list each person chose, project by project: kept on the server, for every browser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from aftercall.web.pages.here import Here

MOST_COLUMNS = 12
_LONGEST = 1_000
_PATH = re.compile(r"(state|attributes)\.")
_SOURCE = re.compile(r"(.+)@[a-z]+")


def kept_columns(here: Here, fields: Sequence[dict[str, Any]]) -> list[str]:
    """Those that can still be asked for; none: nothing was chosen. ``fields`` as conversations_fields.py
    makes them."""
    kept = here.services.catalog.settings.get(_name(here), [])
    known = {field["name"] for field in fields}
    return [name for name in kept if _can_be_asked(name, known)]


def keep_columns(here: Here, names: Sequence[str]) -> None:
    """None: from now on those that everybody begins with."""
    kept = [name for name in dict.fromkeys(names) if name and len(name) <= _LONGEST][:MOST_COLUMNS]
    if kept != here.services.catalog.settings.get(_name(here), []):
        here.services.catalog.settings.set(_name(here), kept)


def _can_be_asked(name: str, known: set[str]) -> bool:
    """A metric may be gone by now, and one unknown name would leave the whole list empty."""
    source = _SOURCE.fullmatch(name)
    return name in known or bool(_PATH.match(name)) or (source is not None and source[1] in known)


def _name(here: Here) -> str:
    return f"columns:{here.person.id}:{here.project.id}"
