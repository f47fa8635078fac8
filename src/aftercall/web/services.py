"""What every request needs, opened and closed with the server."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal, ParamSpec, TypeVar

from aftercall.catalog.catalog import Catalog
from aftercall.config import Config
from aftercall.errors import Unavailable
from aftercall.store.store import Store
from aftercall.web.meters import Meters

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)

READ_THREADS = 6
INGEST_THREADS = 2
"""Apart from the readers': a dashboard that asks for much must not keep a call's events waiting."""


class Services:
    """``open`` before the first request, ``close`` after the last; calling either twice does no harm.

    Each thread has a store client of its own for as long as it lives; so the threads are these eight,
    and not ones that come and go.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.meters = Meters()
        self.state: Literal["starting", "ready", "stopping"] = "starting"
        self._catalog: Catalog | None = None
        self._store: Store | None = None
        self._readers = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="read")
        self._takers = ThreadPoolExecutor(INGEST_THREADS, thread_name_prefix="ingest")
        self._guard = threading.Lock()

    def open(self) -> None:
        """Raises AftercallError with what to do about it."""
        with self._guard:
            if self._store is not None:
                return
            self.config.home.mkdir(parents=True, exist_ok=True)
            catalog = Catalog.open(self.config.catalog_url)
            try:
                store = Store(self.config.store_url, catalog)
            except BaseException:
                catalog.close()
                raise
            self._catalog, self._store = catalog, store
            self.meters.watch(store, catalog)
            self.state = "ready"

    def stop_taking(self) -> None:
        """From now on /readyz says no, so that nobody sends new work here."""
        self.state = "stopping"

    def close(self) -> None:
        """Commit all that was taken, then close. Nothing acknowledged or taken is lost."""
        with self._guard:
            self.state = "stopping"
            catalog, store = self._catalog, self._store
            self._catalog = self._store = None
            self._takers.shutdown()
            self._readers.shutdown(cancel_futures=True)
            if store is not None:
                store.close()
            if catalog is not None:
                catalog.close()

    @property
    def catalog(self) -> Catalog:
        if self._catalog is None:
            raise Unavailable("The server is starting or stopping: try again in a moment.")
        return self._catalog

    @property
    def store(self) -> Store:
        if self._store is None:
            raise Unavailable("The server is starting or stopping: try again in a moment.")
        return self._store

    async def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in one of the readers' threads."""
        return await self._run(self._readers, partial(work, *args, **kwargs))

    async def take(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in one of the ingest threads."""
        return await self._run(self._takers, partial(work, *args, **kwargs))

    @staticmethod
    async def _run(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            future = pool.submit(work)
        except RuntimeError as error:  # the pool was shut down between the last check and now
            raise Unavailable("The server is stopping: try again in a moment.") from error
        return await asyncio.wrap_future(future)
