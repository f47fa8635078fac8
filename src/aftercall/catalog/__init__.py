"""The metadata room: accounts, projects, API keys, the metric registry and small server state.

    catalog = Catalog.open("sqlite:////var/lib/aftercall/catalog.db")
    project = catalog.projects.ensure("star")
    key, plaintext = catalog.keys.create("agent", ["ingest"], project="star")
    principal = catalog.keys.verify(plaintext)

SQLite by default, PostgreSQL by URL; every call is a short transaction of its own and everything that
comes back is a frozen record, so one Catalog serves any number of threads.
"""

from aftercall.catalog.accounts import DEFAULT_ACCOUNT, Account, Accounts
from aftercall.catalog.catalog import Catalog
from aftercall.catalog.columns import column_for
from aftercall.catalog.definitions import MetricDefinition, Registry
from aftercall.catalog.keys import ApiKey, ApiKeys
from aftercall.catalog.metrics import AUTO_LIMIT, AutoRegistration, Metrics
from aftercall.catalog.principal import SCOPES, Principal, Scope
from aftercall.catalog.projects import Project, Projects
from aftercall.catalog.settings import Settings

__all__ = [
    "AUTO_LIMIT",
    "DEFAULT_ACCOUNT",
    "SCOPES",
    "Account",
    "Accounts",
    "ApiKey",
    "ApiKeys",
    "AutoRegistration",
    "Catalog",
    "MetricDefinition",
    "Metrics",
    "Principal",
    "Project",
    "Projects",
    "Registry",
    "Scope",
    "Settings",
    "column_for",
]
