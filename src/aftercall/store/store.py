"""The Store: one door to everything in this room."""

from __future__ import annotations

from aftercall.catalog.catalog import Catalog
from aftercall.store.committer import Committer
from aftercall.store.engine import Engine
from aftercall.store.eraser import Eraser
from aftercall.store.reader import Reader
from aftercall.store.registry import Registries
from aftercall.store.rejects import Rejects
from aftercall.store.schema import migrate
from aftercall.store.sweep import Sweeper


class Store:
    """Opens the engine at ``url``, brings its tables to this version and starts the committing threads.

    Guarantee: an event whose future answered is on disk, once in every query, and visible. ``close``
    commits all that was taken before it returns.
    """

    def __init__(self, url: str, catalog: Catalog) -> None:
        self.engine = Engine(url)
        try:
            migrate(self.engine, catalog)
        except BaseException:
            self.engine.close()
            raise
        self.registries = Registries(self.engine, catalog)
        self.eraser = Eraser(self.engine)
        self.committer = Committer(self.engine, self.registries, self.eraser)
        self.sweeper = Sweeper(self.engine, catalog, self.registries, self.committer)
        self.reader = Reader(self.engine, self.registries)
        self.rejects = Rejects(self.engine)
        self.eraser.start()
        self.committer.start()
        self.sweeper.start()

    def close(self) -> None:
        self.sweeper.close()
        self.committer.close()
        self.eraser.close()
        self.engine.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
