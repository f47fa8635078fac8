"""The links at the left of each settings page."""

from __future__ import annotations

from dataclasses import dataclass

from aftercall.catalog.principal import Scope


@dataclass(frozen=True, slots=True)
class Link:
    path: str
    name: str
    icon: str
    scope: Scope


LINKS = (
    Link("project", "Project", "project", "read"),
    Link("agents", "Agent", "agent", "read"),
    Link("people", "People", "people", "admin"),
    Link("keys", "API keys", "key", "admin"),
    Link("webhooks", "Webhooks", "webhook", "admin"),
)
