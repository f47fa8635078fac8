"""The command line as people and programs call it, on a home where a server runs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftercall.cli import main
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


def run(home: Path, *arguments: str, stdin: str | None = None, **env: str) -> Done:
    """``aftercall ARGUMENTS`` in this process: a second sooner than in one of its own.

    Only for a home where a server runs, or commands that need none: the engine is never opened here.
    """
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in [name for name in os.environ if name.startswith("AFTERCALL_")]:
            patch.delenv(name)
        for name, value in environment(home, **env).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["aftercall", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((stdin or "").encode()), "utf-8"))
        code = main()
    assert "Traceback" not in err.getvalue(), err.getvalue()
    return Done(code, out.getvalue(), err.getvalue())


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
    return lambda *arguments, **options: run(running.home, *arguments, **options)


@pytest.fixture
def http(running: Server) -> httpx.Client:
    """The server behind ``cli``, as a program talks to it, for the project ``clinic``."""
    return running.client("clinic")
