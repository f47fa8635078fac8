"""A real server process for tests: spawned (chDB does not survive a fork), on a home of its own.

server = start_server(tmp_path / "home")
server.client("clinic").post("/v1/ingest", json={"events": [...]})
server.stop()
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60

# The server's own entry, not the command line's; what it prints is the one line that this file waits for.
PROGRAM = """
import json, logging
from aftercall.config import Config
from aftercall.web.server import serve
logging.basicConfig(level=logging.INFO)
serve(Config.from_env(), lambda it: print(json.dumps({"url": it.url, "key": it.api_key}), flush=True))
"""


@dataclass
class Server:
    """``key`` is an account-wide admin key."""

    url: str
    key: str
    home: Path
    process: subprocess.Popen[str]
    _clients: list[httpx.Client] = field(default_factory=list)

    def client(self, project: str | None = None, key: str | None = None) -> httpx.Client:
        """With the admin key, unless told another one (empty: none). Closed with the server."""
        headers = {"x-aftercall-project": project} if project else {}
        if key != "":
            headers["x-api-key"] = key or self.key
        client = httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_S, trust_env=False)
        self._clients.append(client)
        return client

    def project(self, slug: str) -> httpx.Client:
        """A client for a project that is made now."""
        client = self.client(slug)
        made = client.post("/v1/projects", json={"slug": slug})
        assert made.status_code == 201, made.text
        return client

    def new_key(self, scopes: Sequence[str], project: str | None = None) -> str:
        body = {"name": "of a test", "scopes": list(scopes), "project": project}
        made = self.client().post("/v1/keys", json=body)
        assert made.status_code == 201, made.text
        key: str = made.json()["key"]
        return key

    @property
    def log(self) -> str:
        """What it wrote to standard error."""
        return (self.home / "server.log").read_text(errors="replace")

    def stop(self) -> int:
        """SIGTERM; the exit code. Nothing it took may be lost."""
        self._close_clients()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> None:
        """SIGKILL: what was acknowledged must be there afterwards."""
        self._close_clients()
        self.process.kill()
        self._ended()

    def _close_clients(self) -> None:
        while self._clients:
            self._clients.pop().close()

    def _ended(self) -> int:
        code = self.process.wait(timeout=PATIENCE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def spawn(home: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """The process, not waited for; its standard output ends, or tells where it listens."""
    home.mkdir(parents=True, exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
    settings = {"AFTERCALL_HOME": str(home), "AFTERCALL_PORT": "0", **(env or {})}
    with (home / "server.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={**clean, **settings},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


def start_server(home: Path, env: Mapping[str, str] | None = None) -> Server:
    """A server on this home (made when missing), ready when this returns."""
    process = spawn(home, env)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.stdout.close()
        code = process.wait(timeout=PATIENCE_S)
        raise AssertionError(f"the server ended with {code}:\n{(home / 'server.log').read_text()}")
    told = json.loads(line)
    return Server(told["url"], told["key"], home, process)


@contextmanager
def server(home: Path, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    running = start_server(home, env)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
