"""The way from the calls of a process to the server."""

from __future__ import annotations

import atexit
import sys
import threading
import time
from pathlib import Path
from typing import Any

from aftercall.model.times import now_ms
from aftercall.sdk.delivery import Delivery
from aftercall.sdk.fork import ForkAware, process, watch
from aftercall.sdk.health import Health
from aftercall.sdk.intake import Drops, Intake, Marker
from aftercall.sdk.modes import Mode
from aftercall.sdk.notices import Notices
from aftercall.sdk.rejects import Rejects
from aftercall.sdk.sender import Sender
from aftercall.sdk.settings import Settings, read_settings
from aftercall.sdk.spooler import Spooler
from aftercall.sdk.spools import Spools
from aftercall.sdk.transport import HttpTransport, Transport
from aftercall.sdk.workers import Workers

AT_EXIT_S = 2.0


class Client(ForkAware):
    """Takes events from any number of conversations and threads, keeps them on disk, sends them.

    **The guarantee.** Recording appends to memory and returns: it never waits for disk or network and never
    raises in production mode. What has been recorded reaches the server, once in every query, unless:

    * the process is killed (``kill -9``, an unhandled SIGTERM, a crash of the interpreter): the events of its
      last 50 ms are lost, those not yet in the spool. Everything older is sent by the next process that uses
      the same spool folder, server and project or key, or by one that is already running, within 30 s;
    * the machine loses power: whatever its file system had not yet written of the spool, usually the last
      seconds. With ``fsync=True`` the spool waits for the disk and only those 50 ms are lost;
    * the spool is full (``max_spool_bytes``, default 256 MiB for all processes of the folder together): new
      events are dropped until there is room. They are counted in ``health().dropped``, logged once a minute,
      and each conversation that lost some gets a ``custom`` event ``aftercall.sdk.dropped`` with the number;
    * more than ``max_memory_events`` (100,000) or ``max_memory_bytes`` (64 MiB) come before the background
      thread gets to run: the same;
    * the disk fails or is full: events are then kept in memory (64 MiB) and sent from there, and
      ``health().disk_error`` says so; if the process ends before the server has them they are lost;
    * the server rejects an event for good: it is kept in ``rejected.sqlite3`` in the spool folder (the newest
      1,000), counted and logged;
    * a text or a value is larger than servers take (``sdk.limits``): the event keeps what fits, and a warning
      in the conversation's log says what was cut.

    A server that is down, slow, or answers nonsense costs nothing: events wait in the spool and are tried
    again after random pauses that grow to 30 s, for ever. A wrong key or project is logged once a minute.

    The arguments win over AFTERCALL_URL, AFTERCALL_API_KEY, AFTERCALL_PROJECT, AFTERCALL_SPOOL and
    AFTERCALL_MODE; ``options`` are the fields of ``sdk.settings.Settings``. Threads start with the first
    conversation. A fork's child starts with nothing of its parent's.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        project: str | None = None,
        spool: str | Path | None = None,
        mode: Mode | None = None,
        transport: Transport | None = None,
        **options: Any,
    ) -> None:
        self.settings: Settings = read_settings(url, api_key, project, spool, mode, options)
        self.mode: Mode = self.settings.mode
        self.project = self.settings.project
        self._notices = Notices()
        self._transport = transport or HttpTransport(self.settings)
        self._faults = 0
        self._build()
        watch(self)

    def _build(self) -> None:
        """Everything that belongs to one process; a forked child builds anew."""
        settings, notices = self.settings, self._notices
        self._lock = threading.Lock()
        self._closed = False
        self._drops = Drops()
        self._rejects = Rejects(settings.folder)
        self._spools = Spools(settings, notices)
        self._delivery = Delivery(self._transport, self._rejects, notices)
        self._sender = Sender(self._spools, self._delivery, settings, notices)
        self._intake = Intake(settings.max_memory_events, settings.max_memory_bytes, self._wake, self._drops)
        self.put = self._intake.put
        """``put(item, size=0)``: take one event; ``size`` in bytes where it is worth counting."""
        self._spooler = Spooler(self._intake, self._spools, self._drops, settings, notices)
        self._spooler.on_spooled = self._spooled
        self._workers = Workers(self._spooler, self._sender, self._transport)

    # --- recording

    def hurry(self) -> None:
        """A call has ended: send without gathering. Does not wait."""
        self._spooler.hurried = True
        self._wake()

    def fault(self, what: str, error: BaseException) -> None:
        """The SDK itself broke while recording, in production mode: told here, kept from the call."""
        self._faults += 1
        self._notices.warn(f"fault {what}", f"could not record {what}: {error!r}", error=error)

    # --- threads

    def start(self) -> None:
        """Start the background threads, if they are not running. The first conversation does it."""
        if self._workers.running or self._closed:
            return
        with self._lock:
            if not self._workers.running and not self._closed:
                try:
                    self._workers.start()
                except RuntimeError as error:  # the interpreter is ending, or no more threads are allowed
                    self._notices.warn(
                        "threads", f"no background threads ({error}): events are spooled at once"
                    )
                else:
                    atexit.register(self._at_exit)
                    _finish_with_multiprocessing(self)

    def _wake(self) -> None:
        self.start()
        if self._workers.running:
            self._workers.wake_spooler()
        else:
            # after close, or where there can be no threads: to the disk at once; the next process sends
            self._spooler.tick()
            self._spools.close()

    def _spooled(self, hurried: bool) -> None:
        if self._sender.spooled(hurry=hurried):
            self._workers.wake_sender()

    # --- waiting and ending

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until the server has judged everything recorded before this call: True; or ``timeout``: False.

        Dropped events are not waited for: ``health().dropped`` counts them.
        """
        return self._flush(timeout, patient=True)

    def _flush(self, timeout: float, *, patient: bool) -> bool:
        """Not ``patient``: give up as soon as an attempt fails, if what is left is on disk."""
        deadline = time.monotonic() + timeout
        marker = Marker()
        self._intake.mark(marker)
        self.hurry()
        if not marker.spooled.wait(timeout):
            return False
        with self._sender.somebody_waits() as attempted:
            self._workers.wake_sender()
            attempts = 0
            while marker.is_waiting():
                left = deadline - time.monotonic()
                failed = attempts > 0 and self._sender.last_error is not None
                if left <= 0 or (failed and not patient and self._spools.disk_error is None):
                    return False
                attempted.wait(left)
                attempts += 1
        return True

    def close(self, timeout: float = 5.0) -> bool:
        """Spool everything, send what can be sent within ``timeout`` seconds, stop the threads.

        False: something was left to the next process (at once, if the server does not answer). Recording
        goes on working after this: such events go straight to the spool.
        """
        if self._closed:
            return True
        done = self._flush(timeout, patient=False) if self._workers.running else True
        with self._lock:
            self._closed = True
        self._workers.stop(min(timeout, 1.0))
        self._intake.asleep = True
        self._spooler.tick()
        lost = self._spools.close()
        if lost:
            self._notices.lost(lost)
        atexit.unregister(self._at_exit)
        return done and not lost

    def _at_exit(self) -> None:
        self.close(AT_EXIT_S)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def health(self) -> Health:
        spooled = self._spools.oldest_at()
        return Health(
            spooled=self._spools.events(),
            in_memory=len(self._intake.items) + self._spooler.in_hand,
            acknowledged=self._delivery.acknowledged,
            dropped=self._drops.total,
            rejected=self._rejects.total,
            faults=self._faults,
            full=self._spools.full,
            disk_error=self._spools.disk_error,
            last_error=self._sender.last_error,
            last_success_at=self._sender.last_success_at,
            oldest_unsent_age_s=None if spooled is None else max(now_ms() - spooled, 0) / 1000,
            left_for_others=self._spools.left_for_others,
        )

    # --- forks

    def before_fork(self) -> None:
        self._spools.before_fork()

    def after_fork_in_parent(self) -> None:
        self._spools.after_fork_in_parent()

    def after_fork_in_child(self) -> None:
        self._spools.after_fork_in_child()
        self._transport.forget()
        was_closed = self._closed
        atexit.unregister(self._at_exit)
        self._notices = Notices()
        self._build()
        self._closed = was_closed


def _finish_with_multiprocessing(client: Client) -> None:
    """A multiprocessing child ends without running atexit functions, but runs these."""
    module = sys.modules.get("multiprocessing.process")
    if module is not None and module.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, client.close, args=(AT_EXIT_S,), exitpriority=0)


_default: Client | None = None


def default_client() -> Client:
    """The client of conversations that name none: one per process, set up from AFTERCALL_* variables."""
    global _default
    if _default is None:
        with process.lock:
            _default = _default or Client()
    return _default
