"""The command line as people and programs call it, on a home where a server runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import servers
from tests.servers import Server


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        assert self.code in (0, 3), self.err
        return json.loads(self.out)


Cli = Callable[..., Done]


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
    return kept | {"AFTERCALL_HOME": str(home), "AFTERCALL_OPEN": "0"} | more


def call(home: Path, *arguments: str, stdin: str | None = None, **env: str) -> Done:
    """``aftercall ARGUMENTS`` on this home, to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "aftercall", *arguments],
        env=environment(home, **env),
        input=stdin if stdin is not None else "",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the projects ``clinic`` and ``shop``."""
    with servers.server(tmp_path_factory.mktemp("cli") / "home") as server:
        for slug in ("clinic", "shop"):
            server.project(slug)
        yield server


@pytest.fixture
def cli(running: Server) -> Cli:
    return lambda *arguments, **options: call(running.home, *arguments, **options)


@pytest.fixture
def http(running: Server) -> httpx.Client:
    """The server behind ``cli``, as a program talks to it, for the project ``clinic``."""
    return running.client("clinic")
