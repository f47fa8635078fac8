"""Jinja, as strict as it gets: everything is escaped, and what is undefined is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aftercall import __version__
from aftercall.model.times import iso
from aftercall.web.pages.assets import asset_url, imported

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def render(template: str, context: Mapping[str, Any]) -> str:
    """The page of a file in templates/."""
    return environment().get_template(template).render(context)


@cache
def environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # only who reads a page waits for it

    made = Environment(
        loader=FileSystemLoader(str(resources.files("aftercall.web") / "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"asset": asset_url, "icon": icon, "module": module, "version": __version__}
    made.filters |= {"time": time_element, "date": local_date}
    return made


@cache
def icons() -> frozenset[str]:
    """The names in templates/icons.svg."""
    text = (resources.files("aftercall.web") / "templates" / "icons.svg").read_text(encoding="utf-8")
    return frozenset(re.findall(r'<symbol id="i-([a-z-]+)"', text))


def icon(name: str, label: str = "") -> Markup:
    """An icon of the sprite that each page carries; decoration unless it has a ``label``."""
    from markupsafe import Markup

    if name not in icons():
        raise KeyError(f"no icon {name!r} in templates/icons.svg")
    hidden = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="#i-{}"></use></svg>').format(hidden, name)


def module(path: str) -> Markup:
    """A script of static/ as a module; what it imports is asked for together with it."""
    from markupsafe import Markup

    early = Markup("\n").join(
        Markup('<link rel="modulepreload" href="{}">').format(asset_url(one)) for one in imported(path)
    )
    return early + Markup('\n<script type="module" src="{}"></script>').format(asset_url(path))


def local_date(at: int, timezone: str) -> str:
    """UTC milliseconds in words, in that timezone: ``1 Mar 2026, 09:30``."""
    there = datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(timezone))
    return f"{there.day} {there:%b %Y, %H:%M}"


def time_element(at: int | None, timezone: str, never: str = "never") -> Markup:
    """A <time> that a script turns into "3 minutes ago"; without one it reads as ``local_date``."""
    from markupsafe import Markup

    if at is None:
        return Markup('<span class="dim">{}</span>').format(never)
    words = local_date(at, timezone)
    return Markup('<time datetime="{}" title="{} ({})" data-relative>{}</time>').format(
        iso(at), words, timezone, words
    )
