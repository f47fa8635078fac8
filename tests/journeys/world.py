"""The servers a test talks to, and the way to read their tables: one alone, or several over shared stores."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aftercall.catalog.catalog import Catalog
from aftercall.model.values import MetricType
from aftercall.store.outstanding import applied, outstanding
from tests.front.handle import FrontHandle
from tests.journeys.api import Api
from tests.journeys.tables import Read, read_front, read_path
from tests.servers import Server, start_server

PATIENCE_S = 60


class World:
    """Server processes over one catalog and one store. ``read`` is None where reading must wait for the end:
    an embedded store has one owner, the server."""

    def __init__(self, home: Path, servers: int = 1, shared: tuple[FrontHandle, str] | None = None) -> None:
        self.home = home
        self._shared = shared
        self._names = itertools.count(1)
        self.apis = [Api(self._start(number)) for number in range(servers)]

    def _start(self, number: int) -> Server:
        if self._shared is None:
            return start_server(self.home / f"server-{number}")
        front, catalog_url = self._shared
        env = {"AFTERCALL_STORE_URL": front.store_url, "AFTERCALL_CATALOG_URL": catalog_url}
        return start_server(self.home / f"server-{number}", env)

    @property
    def catalog_url(self) -> str:
        return self._shared[1] if self._shared else f"sqlite:///{self.home}/server-0/catalog.db"

    @property
    def read(self) -> Read | None:
        return read_front(self._shared[0].port) if self._shared else None

    def read_stopped(self) -> Read:
        """Of an embedded store whose server has ended."""
        assert self._shared is None
        return read_path(self.home / "server-0" / "engine")

    def new_project(self) -> str:
        slug = f"p{next(self._names)}"
        self.apis[0].create_project(slug)
        return slug

    def retype(self, slug: str, name: str, type_: MetricType) -> None:
        with Catalog.open(self.catalog_url, migrate=False) as catalog:
            catalog.metrics.update(catalog.projects.get(slug).id, name, type=type_)

    def rows_up_to_date(self, slug: str) -> None:
        """Wait until every row of the project has been made with its registry of now."""
        with Catalog.open(self.catalog_url, migrate=False) as catalog:
            project_id = catalog.projects.get(slug).id
            deadline = time.monotonic() + PATIENCE_S
            while outstanding(applied(catalog, project_id), catalog.metrics.list(project_id)) is not None:
                assert time.monotonic() < deadline, f"rows are still behind: {self!r}"
                time.sleep(0.05)

    def __repr__(self) -> str:
        """What the servers logged last: shown where a test waits in vain."""
        return "\n".join(api.server.log[-2000:] for api in self.apis)

    def restart(self, number: int, *, kill: bool) -> None:
        """The server comes back on the same home, under another address."""
        api = self.apis[number]
        if kill:
            api.server.kill()
        else:
            assert api.server.stop() == 0, api.server.log[-3000:]
        api.at(self._start(number))

    def any(self, choice: random.Random) -> Api:
        return choice.choice(self.apis)

    def stop(self) -> None:
        """Every server ends well: nothing waits, nothing is left half done."""
        for api in self.apis:
            assert api.server.stop() == 0, api.server.log[-3000:]

    def close(self) -> None:
        for api in self.apis:
            if api.server.process.poll() is None:
                api.server.kill()
            api.close()


@contextmanager
def world(home: Path, servers: int = 1, shared: tuple[FrontHandle, str] | None = None) -> Iterator[World]:
    one = World(home, servers, shared)
    try:
        yield one
    finally:
        one.close()
