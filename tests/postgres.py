"""One real PostgreSQL server per test session, shared by all xdist workers, and empty databases in it.

The first worker that needs it starts it; the process that began the session stops it. It listens on a Unix
socket in its own folder only: no port to clash with, nothing left on the network.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from scripts.system_packages import POSTGRES, find_postgres

# Speed over safety: the tests kill our processes, never this server.
SERVER_OPTIONS = {
    "listen_addresses": "",
    "max_connections": "300",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class PostgresServer:
    """A running server, by the folder that holds its data and its socket."""

    folder: Path

    def create_database(self, like: str | None = None) -> str:
        """Make an empty database, or a copy of another one that nobody is connected to; return its
        `postgresql+psycopg://` URL. Copies are files, not pages in the log: several times faster."""
        name = f"test_{secrets.token_hex(6)}"
        copied = f' TEMPLATE "{_name(like)}" STRATEGY FILE_COPY' if like is not None else ""
        self._execute(f'CREATE DATABASE "{name}"{copied}')
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def drop_database(self, url: str) -> None:
        """Drop a database made here, ending whatever sessions a killed process left in it."""
        self._execute(f'DROP DATABASE IF EXISTS "{_name(url)}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        conninfo = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(statement)


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def start_once(session_folder: Path) -> PostgresServer:
    """The server of this session: running already, or started now. `session_folder` is common to all workers.

    Raises:
        RuntimeError: no PostgreSQL on this machine, or it does not start; the message says what to do.
    """
    note = session_folder / "postgres"
    with _locked(session_folder / "postgres.lock"):
        if not note.exists():
            note.write_text(str(_start()))
        return PostgresServer(Path(note.read_text()))


def stop(session_folder: Path) -> None:
    """Stop the session's server, if one was started, and remove its data."""
    note = session_folder / "postgres"
    if not note.exists():
        return
    folder = Path(note.read_text())
    _pg_ctl(folder, "stop", "-m", "immediate")  # nobody needs its data any more
    shutil.rmtree(folder)
    note.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start() -> Path:
    # Not in pytest's own folder: that is closed to other users, and a socket's path may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="aftercall-pg-", dir="/tmp"))
    shutil.chown(folder, _server_user())
    who = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
    _run(folder, "initdb", "-D", folder / "data", *who, "--no-sync")
    options = " ".join(f"-c {name}={value or repr('')}" for name, value in SERVER_OPTIONS.items())
    _pg_ctl(folder, "start", "-l", folder / "server.log", "-o", f"{options} -k {folder}")
    return folder


def _pg_ctl(folder: Path, action: str, *arguments: str | Path) -> None:
    _run(folder, "pg_ctl", action, "-D", folder / "data", "-w", *arguments)


def _run(folder: Path, program: str, *arguments: str | Path) -> None:
    """Run one of PostgreSQL's programs as the user that owns the data; raise with its output if it fails."""
    binaries = find_postgres()
    if binaries is None:
        raise RuntimeError(f"no PostgreSQL server on this machine: run `{POSTGRES.how_to_install()}`")
    user = _server_user() if os.geteuid() == 0 else None
    # Output goes to a file: a pipe would stay open in the server, and reading it would never end.
    output = folder / f"{program}.out"
    with output.open("w") as file:
        command = [binaries / program, *arguments]
        done = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, user=user, cwd=folder)
    if done.returncode != 0:
        log = folder / "server.log"
        details = output.read_text() + (log.read_text() if log.exists() else "")
        raise RuntimeError(f"{program} failed ({done.returncode}):\n{details[-3000:]}")


def _server_user() -> str:
    """PostgreSQL refuses to serve as root: take the account its package makes, else `nobody`."""
    if os.geteuid() != 0:
        return getpass.getuser()
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
