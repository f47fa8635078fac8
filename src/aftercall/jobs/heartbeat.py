"""Who is alive. Each process that does jobs has a name that it keeps across restarts, and says so every few
seconds; what one had begun that fell silent is taken over by another."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import socket
from itertools import count
from pathlib import Path
from typing import IO

from aftercall.catalog.workers import Workers
from aftercall.errors import AftercallError
from aftercall.jobs.background import Background

log = logging.getLogger(__name__)


class Name:
    """A name for this process, unique among all that share a database, and the same after a restart: what
    it had begun before is then its own to take up, at once.

    The first free number of this home on this machine; its lock goes when the process does.
    """

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        place = hashlib.blake2b(str(home.resolve()).encode("utf-8", "surrogateescape"), digest_size=4)
        for number in count():
            held = _try_lock(home / f"jobs.worker-{number}.lock")
            if held is not None:
                self._held = held
                self.text = f"{socket.gethostname()}-{place.hexdigest()}-{number}"
                return

    def release(self) -> None:
        self._held.close()


def _try_lock(path: Path) -> IO[str] | None:
    handle = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


class Heartbeat(Background):
    """When it is closed, its name is left to stand: what it could not finish is taken over, unless it comes
    back first."""

    def __init__(self, workers: Workers, name: str, every_s: float) -> None:
        super().__init__("postcall-beat")
        self._workers = workers
        self._name = name
        self._every_s = every_s

    def beat(self) -> None:
        self._workers.beat(self._name)

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self.beat()
            except AftercallError as error:
                log.warning("the heartbeat of %s could not be noted: %s", self._name, error)
