"""What every request needs, opened and closed with the server."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar

from aftercall.catalog.catalog import Catalog
from aftercall.config import Config
from aftercall.errors import NotAvailable, Unavailable
from aftercall.store.store import Store
from aftercall.web.meters import Meters

if TYPE_CHECKING:
    from aftercall.jobs import Backfills, Jobs, Settings
    from aftercall.llm import Door
    from aftercall.web.postcall import PostCall

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)

READ_THREADS = 6
INGEST_THREADS = 2
"""Apart from the readers': a dashboard that asks for much must not keep a call's events waiting."""

ASIDE_THREADS = 2
"""For what asks other machines or starts processes."""


class Services:
    """``open`` before the first request, ``close`` after the last; calling either twice does no harm.

    Each thread has a store client of its own for as long as it lives; so the threads are these ten,
    and not ones that come and go. ``postcall``: delays and bounds of post-call work, where they shall not be
    those of the environment.
    """

    def __init__(self, config: Config, postcall: Settings | None = None) -> None:
        self.config = config
        self._settings = postcall
        self.meters = Meters()
        self.state: Literal["starting", "ready", "stopping"] = "starting"
        self._catalog: Catalog | None = None
        self._store: Store | None = None
        self._postcall: PostCall | None = None
        self._readers = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="read")
        self._aside = ThreadPoolExecutor(ASIDE_THREADS, thread_name_prefix="aside")
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
            try:
                self._postcall = self._begin_postcall(catalog, store)
            except BaseException:
                store.close()
                catalog.close()
                raise
            self._catalog, self._store = catalog, store
            self.meters.watch(store, catalog)
            if self._postcall is not None:
                self.meters.watch_jobs(self._postcall.jobs)
            self.state = "ready"

    def _begin_postcall(self, catalog: Catalog, store: Store) -> PostCall | None:
        if not self.config.postcall:
            return None
        # Here, because it renders conversations, and who asks for these comes through this file.
        from aftercall.web.postcall import PostCall

        return PostCall(self.config, catalog, store, self._settings)

    def stop_taking(self) -> None:
        """From now on /readyz says no, so that nobody sends new work here."""
        self.state = "stopping"

    def close(self) -> None:
        """Commit all that was taken, then close. Nothing acknowledged or taken is lost."""
        with self._guard:
            self.state = "stopping"
            catalog, store, postcall = self._catalog, self._store, self._postcall
            self._catalog = self._store = self._postcall = None
            with ExitStack() as closing:  # the last entered first, each of them whatever the others do
                if catalog is not None:
                    closing.callback(catalog.close)
                if store is not None:
                    closing.callback(store.close)
                closing.callback(self._aside.shutdown, cancel_futures=True)
                closing.callback(self._readers.shutdown, cancel_futures=True)
                closing.callback(self._takers.shutdown)
                if postcall is not None:
                    closing.callback(postcall.close)

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

    @property
    def jobs(self) -> Jobs:
        """Raises NotAvailable where this server does no post-call work."""
        return self._working().jobs

    @property
    def backfills(self) -> Backfills:
        """Raises as ``jobs``."""
        return self._working().backfills

    @property
    def door(self) -> Door:
        """To the models. Raises as ``jobs``."""
        return self._working().door

    @property
    def postcall(self) -> Literal["off", "starting", "running", "failing", "stopped"]:
        """How post-call work stands on this server, in one word."""
        return "off" if self._postcall is None else self._postcall.jobs.state

    def _working(self) -> PostCall:
        if self._postcall is None:
            if self.config.postcall:
                raise Unavailable("The server is starting or stopping: try again in a moment.")
            raise NotAvailable(
                "This server does no post-call work (AFTERCALL_POSTCALL=0): ask one that does.",
                code="POSTCALL_OFF",
            )
        return self._postcall

    async def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in one of the readers' threads."""
        return await self._run(self._readers, partial(work, *args, **kwargs))

    async def take(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in one of the ingest threads."""
        return await self._run(self._takers, partial(work, *args, **kwargs))

    async def aside(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what waits for others, for seconds: reads go on meanwhile."""
        return await self._run(self._aside, partial(work, *args, **kwargs))

    @staticmethod
    async def _run(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            future = pool.submit(work)
        except RuntimeError as error:  # the pool was shut down between the last check and now
            raise Unavailable("The server is stopping: try again in a moment.") from error
        return await asyncio.wrap_future(future)
