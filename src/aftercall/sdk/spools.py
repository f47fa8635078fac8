"""All spools a client has to do with: its own file, those it adopted, and memory while the disk fails."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable

from aftercall.sdk.folder import SpoolFolder
from aftercall.sdk.held import Held, is_broken, set_aside
from aftercall.sdk.notices import Notices
from aftercall.sdk.settings import Settings
from aftercall.sdk.spool import NewChunk, Spool

RETRY_DISK_S = 5.0
_abandoned: list[object] = []
"""Connections a forked child inherited open: never used, never closed (closing would harm the parent's)."""


class Spools:
    """Raises nothing: a fault of the disk is told in ``disk_error`` and in the log."""

    def __init__(
        self, settings: Settings, notices: Notices, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._notices = notices
        self._clock = clock
        self.full = False
        self.disk_error: str | None = None
        self.left_for_others = 0
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._adopt_lock = threading.Lock()
        self._own: Held | None = None
        self._adopted: list[Held] = []
        self._memory: Spool | None = None
        self._try_disk_at = 0.0
        self._folder = SpoolFolder(self._settings, self._notices, self._clock)
        self._taken: list[threading.Lock] = []

    # --- the spooler's side

    def put(self, chunk: NewChunk) -> bool:
        """Whether it is kept now. False: there is no room for it."""
        with self._lock:
            kept = self._put_on_disk(chunk) or (self.disk_error is not None and self._put_in_memory(chunk))
            self.full = self.full or not kept  # until has_room(): a small event may still find a gap
        return kept

    def has_room(self) -> bool:
        """Room enough again to be worth telling, after having been full."""
        used = self._others_bytes() + (self._own.spool.bytes if self._own else 0)
        fits = used <= 0.9 * self._settings.max_spool_bytes
        if self.disk_error is not None and self._memory is not None:
            fits = self._memory.bytes <= 0.9 * self._settings.max_memory_bytes
        self.full = self.full and not fits
        return fits

    def _put_on_disk(self, chunk: NewChunk) -> bool:
        if self._clock() < self._try_disk_at:
            return False
        try:
            spool = self._own_spool()
            if spool.bytes + len(chunk.body) + self._others_bytes() > self._settings.max_spool_bytes:
                return False
            spool.append(chunk)
        except (OSError, sqlite3.Error) as error:
            self._disk_fault(error)
            if is_broken(error) and self._own is not None:
                self._set_aside(self._own, error)
            return False
        self.disk_error = None
        return True

    def _put_in_memory(self, chunk: NewChunk) -> bool:
        self._memory = self._memory or Spool(None)
        if self._memory.bytes + len(chunk.body) > self._settings.max_memory_bytes:
            return False
        self._memory.append(chunk)
        return True

    def mark(self) -> Callable[[], bool]:
        """A function that tells whether anything put here until now still waits for the server."""
        spools = [self._own.spool if self._own else None, self._memory]
        ends = [(spool, spool.last) for spool in spools if spool is not None]

        def is_waiting() -> bool:
            try:
                return any((first := spool.first()) is not None and first[0] <= last for spool, last in ends)
            except (OSError, sqlite3.Error):
                return True  # what cannot be looked at has not been sent either

        return is_waiting

    def _disk_fault(self, error: Exception) -> None:
        self.disk_error = f"{type(error).__name__}: {error}"
        self._try_disk_at = self._clock() + RETRY_DISK_S
        self._notices.warn(
            "disk",
            f"cannot write the spool in {self._settings.folder} ({self.disk_error}): events are kept in"
            " memory only, and are lost if this process ends before the server has them",
        )

    def _own_spool(self) -> Spool:
        if self._own is None:
            self._own = self._folder.create()
        return self._own.spool

    def _others_bytes(self) -> int:
        return self._folder.bytes_but(self._own.spool.path if self._own else None)

    # --- the sender's side

    def sources(self) -> list[Spool]:
        """Every spool with events in it; the oldest first."""
        spools = [item.spool for item in self._held()]
        if self._memory is not None:
            spools.append(self._memory)
        return [spool for spool in spools if spool.events]

    def events(self) -> int:
        return sum(spool.events for spool in self.sources())

    def oldest_at(self) -> int | None:
        """When the oldest waiting event was spooled, in epoch milliseconds."""
        try:
            found = [first[1] for spool in self.sources() if (first := spool.first()) is not None]
        except (OSError, sqlite3.Error):
            return None  # the disk fault is told by whoever needs the file
        return min(found, default=None)

    def adopt(self) -> int:
        """Take over what processes that ended left behind; how many files. Called now and then."""
        with self._adopt_lock:
            self._keep_unlinked()
            found = self._folder.left_behind({item.spool.path for item in self._held()})
            ours = [held for held in found if not held.spool.events or self._folder.is_ours(held.spool)]
            self._adopted.extend(ours)
            strangers = [held for held in found if held not in ours]
            for held in strangers:
                self._finish(held)
            self._tell_strangers(len(strangers))
        self.tidy()
        return len(ours)

    def tidy(self) -> None:
        """Remove adopted files that have been sent."""
        with self._adopt_lock:
            for held in [item for item in self._adopted if not item.spool.events]:
                self._adopted.remove(held)
                self._finish(held)

    def broken(self, spool: Spool, error: Exception) -> None:
        """The file can no longer be read: it is kept under another name, and new events get a new one."""
        with self._lock:
            for held in [item for item in self._held() if item.spool is spool]:
                self._set_aside(held, error)

    def _set_aside(self, held: Held, error: Exception) -> None:
        path = held.spool.path
        self._notices.warn(
            f"broken {path}", f"the spool {path} is broken ({error}); it is kept as {path}.broken"
        )
        self._adopted = [item for item in self._adopted if item is not held]
        self._own = None if self._own is held else self._own
        try:
            held.spool.close()
            if path is not None:
                set_aside(path)
            held.lock.release(remove=True)
        except (OSError, sqlite3.Error) as fault:
            self._notices.warn(f"aside {path}", f"cannot set {path} aside: {fault}")

    def _held(self) -> list[Held]:
        own = self._own
        return [*self._adopted, own] if own else [*self._adopted]

    def _keep_unlinked(self) -> None:
        """Somebody removed our file: what is in it can still be sent, new events need one that stays."""
        with self._lock:
            own = self._own
            if own is not None and own.spool.path is not None and not own.spool.path.exists():
                self._adopted.append(own)
                self._own = None

    def _tell_strangers(self, count: int) -> None:
        self.left_for_others = count
        if count:
            self._notices.once(
                "strangers",
                f"{count} spool files in {self._settings.folder} are of ended processes that used another"
                " AFTERCALL_URL, AFTERCALL_PROJECT or AFTERCALL_API_KEY, so they are not sent from here."
                " Start a process with those, or set AFTERCALL_SPOOL_ADOPT=all to send them with this one's.",
            )

    def _finish(self, held: Held) -> None:
        try:
            held.finish()
        except (OSError, sqlite3.Error) as error:
            self._notices.warn("close", f"cannot close the spool {held.spool.path}: {error}")

    # --- the end, and forks

    def close(self) -> int:
        """Leave everything to the next process; how many events could not be left because the disk fails."""
        lost = self._rescue()
        with self._adopt_lock, self._lock:
            held, self._adopted = self._adopted, []
            if self._own is not None:
                held, self._own = [*held, self._own], None
        for item in held:
            self._finish(item)
        return lost

    def _rescue(self) -> int:
        """Events kept in memory go to the disk, if it works again."""
        memory = self._memory
        if memory is None or not memory.events:
            return 0
        with self._lock:
            self._try_disk_at = 0.0
            for project in list(memory.lanes):
                while chunks := memory.read(project, max_events=1, max_bytes=1):
                    if not self._put_on_disk(NewChunk(project, chunks[0].events, chunks[0].body)):
                        return memory.events
                    memory.delete(chunks)
        return 0

    def before_fork(self) -> None:
        # nobody may be half-way through taking a file: the child would not know that it has it
        self._taken = [lock for lock in (self._adopt_lock, self._lock) if lock.acquire(timeout=2)]
        for held in self._held():
            # a disk that hangs must not hang the fork; its connection is then left alone in the child
            if held.spool.lock.acquire(timeout=2):
                self._taken.append(held.spool.lock)
                try:
                    held.spool.pause()
                except sqlite3.Error as error:
                    self._notices.warn("fork", f"cannot close the spool before a fork: {error}")

    def after_fork_in_parent(self) -> None:
        for lock in self._taken:
            lock.release()

    def after_fork_in_child(self) -> None:
        """The files stay the parent's; the descriptors of its locks are closed, or its spools would look
        alive for as long as this child lives."""
        for held in self._held():
            _abandoned.append(held.spool)
            held.lock.release()
        self.full, self.disk_error = False, None
        self._reset()
