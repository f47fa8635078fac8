"""The example's agent project, handed to the server as `aftercall agents add` does it."""

from __future__ import annotations

from typing import NamedTuple

from aftercall.catalog.catalog import Catalog
from aftercall.cli.agent_project import register_metrics
from aftercall.config import Config
from aftercall.demo.simulator.crew import example
from aftercall.demo.simulator.rhythm import ZONE
from aftercall.runtime import add, layout

SETTINGS = {
    "real_time_config": {"without_a_model": "rules"},
    "metrics": {"cost_saved": {"amount": 4.5}},
}
"""Of the project. The demo has no model: that its calls are read by rules is no failure to show. What a
contained call saves, in USD, is made up."""


class Registered(NamedTuple):
    project: str
    """Slug."""
    version: str


def register(config: Config) -> Registered:
    """The project, its metrics and the version of its code. Doing it again changes nothing."""
    folder = example()
    told = layout.read(folder)
    slug = told.project_id or "dental-clinic"
    catalog = Catalog.open(config.catalog_url)
    try:
        project = catalog.projects.ensure(slug, name=told.name or slug, timezone=ZONE.key, settings=SETTINGS)
        register_metrics(catalog, project.id, folder)
    finally:
        catalog.close()
    return Registered(slug, add(config.home, slug, folder).agent.version)
