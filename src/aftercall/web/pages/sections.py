"""The navigation: the sections of a project, in order.

To build one: make its page (docs/pages.md) at ``/p/{project}/PATH`` and take its ``soon`` away.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """``key``: pressed after g, it leads there. ``soon``: not built yet, and what will be there."""

    path: str
    name: str
    icon: str
    key: str
    soon: str | None = None


SECTIONS = (
    Section(
        "analytics",
        "Analytics",
        "chart",
        "a",
    ),
    Section(
        "conversations",
        "Conversations",
        "conversations",
        "c",
    ),
    Section(
        "analyst",
        "Analyst",
        "analyst",
        "q",
        soon="Questions in plain words, answered with numbers from your metrics and with quotes from the"
        " calls behind them.",
    ),
    Section("metrics", "Metrics", "metrics", "m"),
    Section("settings", "Settings", "settings", "s"),
)


def section(path: str) -> Section:
    """Raises KeyError."""
    return {one.path: one for one in SECTIONS}[path]


def landing() -> Section:
    """Where one begins: the first section that is built."""
    return next(one for one in SECTIONS if one.soon is None)
