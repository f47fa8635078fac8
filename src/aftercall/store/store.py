"""The Store: one door to everything in this room."""

from __future__ import annotations

from collections.abc import Sequence

from aftercall.catalog.catalog import Catalog
from aftercall.model.values import MetricType
from aftercall.store.committer import Committer
from aftercall.store.engine import Engine
from aftercall.store.eraser import Eraser
from aftercall.store.gaps import Gaps
from aftercall.store.preview import SECONDS, Preview, preview
from aftercall.store.reader import Reader
from aftercall.store.registry import Registries
from aftercall.store.rejects import Rejects
from aftercall.store.reprojection import Progress, Reprojector
from aftercall.store.schema import migrate
from aftercall.store.sweep import Sweeper
from aftercall.store.versions import Versions


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
        self.gaps = Gaps(self.engine)
        self.versions = Versions(self.engine)
        noting = (self.gaps, self.versions)
        self.committer = Committer(self.engine, self.registries, self.eraser, noting)
        self.sweeper = Sweeper(self.engine, catalog, self.registries, self.committer)
        self.reprojector = Reprojector(self.engine, catalog, self.registries, self.committer)
        self.reader = Reader(self.engine, self.registries)
        self.rejects = Rejects(self.engine)
        self.eraser.start()
        self.committer.start()
        self.sweeper.start()
        self.reprojector.start()

    def close(self) -> None:
        self.reprojector.close()
        self.sweeper.close()
        self.committer.close()
        self.eraser.close()
        self.engine.close()

    def reprojection(self, project_id: int) -> Progress | None:
        """How far the project's rows are after a change of its metrics; None: every row is up to date."""
        return self.reprojector.progress(project_id)

    def preview(
        self,
        project_id: int,
        name: str,
        type: MetricType,
        options: Sequence[str] = (),
        *,
        seconds: float | None = SECONDS,
    ) -> Preview:
        """What would become of the values of this name, registered or not, if it had this type. Changes
        nothing. ``seconds``: how long it may take before it answers for the newest conversations only."""
        return preview(self.engine, self.registries, project_id, name, type, options, seconds=seconds)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
