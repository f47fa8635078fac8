"""Which server a command talks to, and the way to it.

1. AFTERCALL_URL with AFTERCALL_API_KEY;
2. the server that runs on this home (its ``server.json`` has the URL and a key for this user);
3. none runs: a server within this process, on this home, for as long as the command takes.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from aftercall.cli.api import Api
from aftercall.cli.output import note
from aftercall.config import Config
from aftercall.errors import InvalidInput

STARTING_S = 10.0
"""How long a server whose process lives may take until it answers."""
ANSWER_S = 60.0
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    api_key: str
    name: str
    """What this command's own records call the server: a local one may have another port next time."""


@contextmanager
def connect(config: Config | None = None, *, postcall: bool = False) -> Iterator[Api]:
    """``postcall``: a server that runs only for this command does post-call work too.

    Raises Unavailable, InvalidInput.
    """
    config = config or Config.from_env()
    if config.url:
        address: Address | None = _remote(config.url, config.api_key)
    else:
        config = local_home(config)
        address = running(config)
    if address is not None:
        yield from _open(address, config.home)
        return
    from aftercall.web.server import run_in_thread

    with run_in_thread(config, postcall=postcall) as server:
        yield from _open(Address(server.url, server.api_key, LOCAL), config.home)


def _open(address: Address, home: Path) -> Iterator[Api]:
    with httpx.Client(
        base_url=address.url,
        headers={"x-api-key": address.api_key},
        timeout=httpx.Timeout(ANSWER_S, connect=5.0),
        trust_env=not _is_loopback(address.url),  # a proxy of the environment cannot reach this machine
    ) as client:
        yield Api(client, address.name, home)


def _is_loopback(url: str) -> bool:
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")


def _remote(url: str, api_key: str | None) -> Address:
    if httpx.URL(url).scheme not in ("http", "https"):
        raise InvalidInput(f"AFTERCALL_URL is {url!r}: it must begin with http:// or https://")
    if not api_key:
        raise InvalidInput("AFTERCALL_URL is set, but no key: set AFTERCALL_API_KEY to one of that server")
    return Address(url.rstrip("/"), api_key, url.rstrip("/"))


def local_home(config: Config) -> Config:
    """The demo's home, while nobody has named a home or used the usual one and a demo is running."""
    used = (config.home / "server.lock").exists()  # not the folder itself: an agent's spool may lie in it
    if os.environ.get("AFTERCALL_HOME") or used:
        return config
    demo = replace(config, home=demo_home())
    if running(demo) is None:
        return config
    note(f"using the running demo ({demo.home})")
    return demo


def demo_home() -> Path:
    """Beside the usual home, so that made-up calls never mix with real ones."""
    return Path.home() / ".aftercall-demo"


def running(config: Config) -> Address | None:
    """The server on this home; None when none runs. What a killed one left behind is not believed."""
    told = read_server_file(config.server_file)
    if told is None:
        return None
    url, key, pid = told
    deadline = time.monotonic() + STARTING_S
    while True:
        if _answers(url):
            return Address(url, config.api_key or key, LOCAL)
        if not _lives(pid) or time.monotonic() > deadline:
            return None
        time.sleep(0.1)


def read_server_file(path: Path) -> tuple[str, str, int] | None:
    """(url, API key, process id) as the running server left them."""
    try:
        told = json.loads(path.read_bytes())
        return str(told["url"]), str(told["api_key"]), int(told["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5.0, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True
