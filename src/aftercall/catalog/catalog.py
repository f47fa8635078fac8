"""The Catalog: one door to everything in this room."""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from aftercall.catalog.accounts import Accounts
from aftercall.catalog.backfills import Backfills
from aftercall.catalog.columns import RESERVED
from aftercall.catalog.dashboards import Dashboards
from aftercall.catalog.database import Database
from aftercall.catalog.declared import Declared
from aftercall.catalog.deliveries import Deliveries
from aftercall.catalog.extraction_versions import ExtractionVersions
from aftercall.catalog.keys import ApiKeys
from aftercall.catalog.links import Links
from aftercall.catalog.metrics import Metrics
from aftercall.catalog.people import People
from aftercall.catalog.projects import Projects
from aftercall.catalog.schema import migrate
from aftercall.catalog.sessions import Sessions
from aftercall.catalog.settings import Settings
from aftercall.catalog.throttle import Throttle
from aftercall.catalog.webhooks import Webhooks
from aftercall.catalog.workers import Workers


class Catalog:
    """The metadata of one installation, for any number of threads and processes at once.

    **Guarantee**: what a call returned from is on disk. Answers are copies, detached from the database.
    Open it in each process: a connection must not cross a fork.
    """

    def __init__(self, database: Database, *, reserved: frozenset[str] = RESERVED) -> None:
        self.database = database
        self.accounts = Accounts(database)
        self.projects = Projects(database)
        self.keys = ApiKeys(database)
        self.metrics = Metrics(database, reserved)
        self.declared = Declared(database, reserved)
        self.settings = Settings(database)
        self.webhooks = Webhooks(database)
        self.deliveries = Deliveries(database)
        self.backfills = Backfills(database)
        self.versions = ExtractionVersions(database)
        self.workers = Workers(database)
        self.people = People(database)
        self.dashboards = Dashboards(database)
        self.sessions = Sessions(database)
        self.links = Links(database)
        self.throttle = Throttle(database)

    @classmethod
    def open(cls, url: str, *, migrate: bool = True, reserved: frozenset[str] = RESERVED) -> Catalog:
        """The catalog at ``sqlite:///path`` or ``postgresql://...``, brought to this version's schema.

        A missing SQLite file is made, with its folders; a PostgreSQL database must exist. ``reserved``:
        column names no metric may get. Raises InvalidInput (CATALOG_URL_INVALID) and UserError
        (CATALOG_UNREACHABLE, CATALOG_NOT_MIGRATED, CATALOG_TOO_NEW).
        """
        catalog = cls(Database(url), reserved=reserved)
        try:
            catalog.database.connect()
            if migrate:
                catalog.migrate()
        except BaseException:
            catalog.close()
            raise
        return catalog

    def migrate(self) -> bool:
        """Brings the schema up to date; True when there was something to do. Safe in several processes."""
        return migrate(self.database)

    def read(self) -> AbstractContextManager[Session]:
        """One snapshot, for what has no method here."""
        return self.database.read()

    def write(self) -> AbstractContextManager[Session]:
        """One transaction, for what has no method here: commits at the end, or not at all."""
        return self.database.write()

    def lock(self, name: str, timeout: float | None = None) -> AbstractContextManager[None]:
        """Holds a lock between processes and threads, for as long as the ``with`` block lasts.

        Freed when its holder dies, kill -9 included. Not reentrant. ``timeout`` in seconds, None waits
        for ever; then Unavailable (LOCK_BUSY). On SQLite a file beside the database (every process on
        this machine), on PostgreSQL an advisory lock (every machine).
        """
        return self.database.lock(name, timeout)

    def close(self) -> None:
        """Closes the connections; a Catalog that is used again opens new ones."""
        self.database.close()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
