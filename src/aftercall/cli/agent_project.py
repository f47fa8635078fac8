"""An agent project in a folder, and the server's home that it is handed to."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import httpx

from aftercall.catalog.catalog import Catalog
from aftercall.cli.api import Api
from aftercall.cli.connection import LOCAL, read_server_file
from aftercall.config import Config
from aftercall.errors import InvalidInput
from aftercall.extraction import check_declared
from aftercall.model.metric_spec import Spec, spec_fields
from aftercall.runtime import layout
from aftercall.runtime.metrics_file import read_specs

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_BY_URL = ("AFTERCALL_STORE_URL", "AFTERCALL_CATALOG_URL")


def slug_for(folder: Path, wanted: str | None) -> str:
    """The project that a folder belongs to: as told, else AFTERCALL_PROJECT, else its ``project_id`` or its
    own name, written as slugs are. Raises InvalidInput (AGENT_NOT_FOUND)."""
    told = layout.read(folder)
    wanted = wanted or os.environ.get("AFTERCALL_PROJECT")
    return wanted or as_slug(told.project_id or "") or as_slug(folder.absolute().name) or "agent"


def as_slug(text: str) -> str:
    """Lower-case letters, digits, - and _; may be empty."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:63]


def home_of(api: Api) -> Config:
    """The settings of the home that the server behind ``api`` runs on, which must be on this machine.

    Raises InvalidInput (SERVER_ELSEWHERE): a project's files are copied, not sent.
    """
    config = Config.from_env()
    if api.server != LOCAL and not _is_here(api.server, config):
        raise InvalidInput(
            f"AFTERCALL_URL is {api.server}, which is not the server that runs on {config.home}. Agent"
            " projects are copied into the server's home, so this is done on the server's machine: bring the"
            " folder there (git clone, rsync, a volume) and run `aftercall agents add` with the server's"
            " AFTERCALL_HOME and without AFTERCALL_URL",
            code="SERVER_ELSEWHERE",
        )
    return config_of(api.home)


def config_of(home: Path) -> Config:
    """The settings of this environment, for a home that may have been found by itself: the demo's."""
    config = Config.from_env()
    if home == config.home:
        return config
    kept = {name: value for name, value in os.environ.items() if name not in _BY_URL}
    return Config.from_env({**kept, "AFTERCALL_HOME": str(home)})


def _is_here(url: str, config: Config) -> bool:
    told = read_server_file(config.server_file)
    if told is None:
        return False
    asked, runs = httpx.URL(url), httpx.URL(told[0])
    same_host = asked.host == runs.host or (asked.host in _LOOPBACK and runs.host in _LOOPBACK)
    return same_host and asked.port == runs.port


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of the metrics and ratios of ``metrics.yaml``, by name."""

    new: list[str]
    differing: list[str]
    """Registered already, and otherwise; left as they are."""


def register_metrics(catalog: Catalog, project_id: int, folder: Path) -> Registered:
    """Those that are not registered yet: `aftercall metrics apply` does the rest, and asks first.

    Raises InvalidInput (METRICS_INVALID, EXTRACTION_INVALID...).
    """
    told = read_specs(folder).specs
    check_declared(told)
    registry = catalog.metrics.list(project_id)
    known: dict[str, Spec] = {metric.name: metric.spec for metric in registry.metrics}
    known |= {ratio.name: ratio.spec for ratio in registry.ratios}
    new = [spec for spec in told if spec.name not in known]
    catalog.declared.apply(project_id, new, remove=())
    differing = [
        spec.name
        for spec in told
        if spec.name in known and spec_fields(spec) != spec_fields(known[spec.name])
    ]
    return Registered([spec.name for spec in new], differing)
