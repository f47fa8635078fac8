"""Runs the application: ``serve`` in the foreground until a signal, ``run_in_thread`` for one command."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import hashlib
import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import IO

import uvicorn

from aftercall.catalog.catalog import Catalog
from aftercall.config import Config
from aftercall.errors import Conflict, InternalError, InvalidInput, NotFound
from aftercall.web.app import create_app
from aftercall.web.services import Services

log = logging.getLogger(__name__)

LOCAL_KEY_NAME = "local commands"
GRACE_S = 30
"""How long answers that are under way may take after a signal; what was taken is committed in any case."""
KEEP_ALIVE_S = 75
"""Longer than clients keep idle connections (the SDK: 30 s), so that a request never meets a closing one."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that takes requests, and an account-wide admin key for this user's commands."""

    url: str
    api_key: str
    pid: int


def serve(config: Config, ready: Callable[[Running], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; then finish what is under way, close, and return.

    ``ready`` is called once requests are answered. Raises AftercallError that says what to do when it
    cannot start: Conflict (SERVER_RUNNING, PORT_IN_USE), or what the catalog and the store raise.
    """
    with own_home(config.home), _signals_noted() as asked_to_stop:
        services = Services(config)
        listener = _listen(config.host, config.port)
        try:
            services.open()
            running = Running(
                _url(config.host, listener), local_key(services.catalog, config.home), os.getpid()
            )
            _spare_the_collector()
            server = _Server(services, lambda: _announce(config.server_file, running, ready), asked_to_stop)
            try:
                server.run(sockets=[listener])
            finally:
                config.server_file.unlink(missing_ok=True)
        finally:
            listener.close()
            services.close()


def _spare_the_collector() -> None:
    """What was loaded so far stays; and a commit's thousands of short-lived objects, none of them in a
    cycle, need not be walked over every 700 allocations. Measured: a seventh of the time of a commit."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@contextlib.contextmanager
def run_in_thread(config: Config, *, postcall: bool = False) -> Iterator[Running]:
    """A server in this process, on 127.0.0.1 and any free port, for as long as the block lasts.

    For a command that needs one when none runs; it leaves no server.json. ``postcall``: it does post-call
    work too, of which a process can have one at a time. Raises as ``serve`` does.
    """
    with own_home(config.home):
        services = Services(replace(config, postcall=postcall))
        listener = _listen("127.0.0.1", 0)
        try:
            services.open()
            key = local_key(services.catalog, config.home)
            with _thread(services, listener):
                try:
                    yield Running(_url("127.0.0.1", listener), key, os.getpid())
                finally:
                    end_local_key(services.catalog, config.home)
        finally:
            listener.close()
            services.close()


@contextlib.contextmanager
def _thread(services: Services, listener: socket.socket) -> Iterator[None]:
    started = threading.Event()
    failures: list[BaseException] = []
    server = _Server(services, started.set)

    def run() -> None:
        try:
            server.run(sockets=[listener])
        except BaseException as error:  # noqa: BLE001 - SystemExit too: whoever waits must hear of it
            failures.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run, name="server")
    thread.start()
    started.wait()
    try:
        if failures:
            raise InternalError("The temporary server did not start; the log says why.") from failures[0]
        yield
    finally:
        server.should_exit = True
        thread.join()


class _Server(uvicorn.Server):
    """Says when it listens, and at the first signal tells /readyz. ``asked_to_stop``: signals that came
    before it could catch any itself."""

    def __init__(
        self, services: Services, listening: Callable[[], None], asked_to_stop: Sequence[int] = ()
    ) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(services.config, services),
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self._services = services
        self._listening = listening
        self._asked_to_stop = asked_to_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.should_exit = self.should_exit or bool(self._asked_to_stop)
        if not self.should_exit:
            self._listening()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._services.stop_taking()
        super().handle_exit(sig, frame)


@contextlib.contextmanager
def own_home(home: Path) -> Iterator[None]:
    """One server per home. The lock goes with the process, however that ends."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "server.lock").open("a+") as handle:
        _lock(handle, home)
        yield


def _lock(handle: IO[str], home: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        pid = handle.read().strip() or "unknown"
        raise Conflict(
            f"A server is running on {home} already (pid {pid}): use that one, stop it first, or give this"
            " one a home of its own (AFTERCALL_HOME).",
            code="SERVER_RUNNING",
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InvalidInput(f"AFTERCALL_HOST {host!r} is no address: {error}.", code="HOST_INVALID") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise Conflict(
            f"Cannot listen on {host}:{port} ({error.strerror}): stop what does, or choose another port"
            " (AFTERCALL_PORT; 0 takes any free one).",
            code="PORT_IN_USE",
        ) from None
    return listener


def _url(host: str, listener: socket.socket) -> str:
    """For commands on this machine: an address that means all of them is reached over loopback."""
    reach = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{reach}]' if ':' in reach else reach}:{listener.getsockname()[1]}"


def local_key(catalog: Catalog, home: Path) -> str:
    """A fresh account-wide admin key for this user's commands; the one of this home's last start goes."""
    end_local_key(catalog, home)
    key, plaintext = catalog.keys.create(LOCAL_KEY_NAME, ["admin"])
    catalog.settings.set(_local_key_setting(home), key.id)
    return plaintext


def end_local_key(catalog: Catalog, home: Path) -> None:
    setting = _local_key_setting(home)
    key_id = catalog.settings.get(setting)
    if key_id is not None:
        # Forgotten first: SQLite may give the id to another key, which a crash in between must not take away.
        catalog.settings.set(setting, None)
        with contextlib.suppress(NotFound):
            catalog.keys.remove(key_id)


def _local_key_setting(home: Path) -> str:
    """One per home: with one catalog for several servers, none ends the key of another."""
    place = hashlib.sha256(f"{socket.gethostname()}:{home}".encode()).hexdigest()[:16]
    return f"local-key.{place}"


def _announce(path: Path, running: Running, ready: Callable[[Running], None] | None) -> None:
    told = {"url": running.url, "pid": running.pid, "api_key": running.api_key}
    write_private(path, json.dumps(told))
    log.info("aftercall serves at %s", running.url)
    if ready is not None:
        ready(running)


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and readable by this user only from the first byte on."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


@contextlib.contextmanager
def _signals_noted() -> Iterator[list[int]]:
    """The signals that came before the server caught them, or that it raised once more at its end, as
    uvicorn does: to have stopped well is not to die of the signal."""
    noted: list[int] = []
    before = {number: signal.signal(number, lambda came, _: noted.append(came)) for number in _SIGNALS}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
