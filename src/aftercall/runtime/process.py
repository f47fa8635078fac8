"""The operating system's side of a child: starting it bare, looking at what it takes, ending all of it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

CHILD = Path(__file__).parent / "child" / "__main__.py"
INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TZDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
_IS_LINUX = sys.platform == "linux"
_PAGE = os.sysconf("SC_PAGE_SIZE")
TRIES, PAUSE_S = 20, 0.002
"""How often, and how soon after each other, what is being killed is looked for again."""


class Usage(NamedTuple):
    memory_bytes: int
    """Resident and its own: what processes share is not counted."""
    processes: int


class Process:
    """A child in a session, a process group and a temporary home of its own. Spawned, never forked from a
    running server: the engine inside would hang.

    ``private``: it runs in a copy of ``folder``. Functions write beside themselves (a log, a cache); nobody
    else may find that, and a version's files must stay what they are.
    """

    def __init__(
        self, python: str, folder: Path, homes: Path, env: Mapping[str, str], *, private: bool
    ) -> None:
        self.home = homes / f"{os.getpid()}-{secrets.token_hex(4)}"
        self.home.mkdir(parents=True, mode=0o700)
        try:
            self._start(python, _copied(folder, self.home / "project") if private else folder, env)
        except BaseException:
            shutil.rmtree(self.home, ignore_errors=True)
            raise

    def _start(self, python: str, cwd: Path, env: Mapping[str, str]) -> None:
        down_read, down_write = os.pipe()
        up_read, up_write = os.pipe()
        try:
            self._popen = subprocess.Popen(
                [python, "-I", "-X", "utf8", str(CHILD), str(down_read), str(up_write)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(down_read, up_write),
                cwd=cwd,
                env=self._env(env),
                start_new_session=True,
            )
        except BaseException:
            os.close(down_write)
            os.close(up_read)
            raise
        finally:
            os.close(down_read)
            os.close(up_write)
        assert self._popen.stdout is not None and self._popen.stderr is not None
        self.pid = self._popen.pid
        self.down, self.up = down_write, up_read
        self.out, self.err = self._popen.stdout.fileno(), self._popen.stderr.fileno()
        for fd in (self.down, self.up, self.out, self.err):
            os.set_blocking(fd, False)

    def _env(self, more: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        home = str(self.home)
        return {"PATH": os.defpath, "LANG": "C.UTF-8", **kept, **more, "HOME": home, "TMPDIR": home}

    @property
    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def usage(self) -> Usage:
        """Of the child and everything it started. Only Linux tells; elsewhere zeros."""
        if not _IS_LINUX:
            return Usage(0, 0)
        pids = list(_descendants(self.pid))
        return Usage(sum(_own_memory(pid) for pid in pids), len(pids) - 1)

    def wait(self, seconds: float) -> int | None:
        """Its exit code, negative for a signal, if it ends by itself in that time."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """kill -9 of it and of everything it started."""
        if _IS_LINUX and self._popen.returncode is None:
            _kill_descendants(self.pid)
        _kill_group(self.pid)
        # If it ended before us, what left its group and session can still be told by the home it inherited.
        mark = f"HOME={self.home}".encode()
        for _ in range(TRIES):
            strays, undecided = _with_env(mark) if _IS_LINUX else ([], False)
            for pid in strays:
                _kill(pid, signal.SIGKILL)
            if not undecided and not [pid for pid in strays if pid != self.pid]:
                break
            time.sleep(PAUSE_S)
        self._popen.wait()

    def close(self) -> None:
        """After ``kill``: the pipes and the home."""
        for stream in (self._popen.stdout, self._popen.stderr):
            assert stream is not None
            stream.close()
        os.close(self.down)
        os.close(self.up)
        shutil.rmtree(self.home, ignore_errors=True)


def _copied(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__"))
    for cache in folder.rglob("__pycache__"):
        (target / cache.relative_to(folder)).symlink_to(cache)  # half of the files, and nobody writes them
    return target


def remove_homes(homes: Path) -> None:
    """Homes whose server did not live to remove them."""
    for home in homes.glob("*-*") if homes.is_dir() else ():
        pid = home.name.partition("-")[0]
        if pid.isdigit() and not _exists(int(pid)):
            shutil.rmtree(home, ignore_errors=True)


def describe_exit(code: int | None) -> str:
    if code is None:
        return "closed the pipes it reports through"
    if code < 0:
        known = {member.value: member.name for member in signal.Signals}
        return f"was ended by {known.get(-code, f'signal {-code}')}"
    return "closed the pipes it reports through" if code == 70 else f"exited with code {code}"


def _descendants(pid: int) -> Iterator[int]:
    waiting = [pid]
    while waiting:
        here = waiting.pop()
        yield here
        try:
            for task in Path(f"/proc/{here}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            continue  # it ended meanwhile


def _own_memory(pid: int) -> int:
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * _PAGE


def _kill_descendants(pid: int) -> None:
    """All of them, detached ones included: while it lives, orphans become its children (child/limits.py)."""
    _kill(pid, signal.SIGSTOP)
    for _ in range(TRIES):
        left = [here for here in _descendants(pid) if here != pid and not _is_zombie(here)]
        if not left:
            return
        for here in left:
            _kill(here, signal.SIGKILL)
        time.sleep(PAUSE_S)


def _with_env(mark: bytes) -> tuple[list[int], bool]:
    """``(processes with this variable, whether there are some that cannot be told yet)``"""
    found, undecided = [], False
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                env = (entry / "environ").read_bytes()
            except OSError:
                continue  # it ended meanwhile, or is another user's
            if mark in env.split(b"\0"):
                found.append(int(entry.name))
            elif not env and not _is_zombie(int(entry.name)):
                undecided = True  # in the middle of exec a process has no environment for a moment
    return found, undecided


def _is_zombie(pid: int) -> bool:
    """Ended, or a thread of the kernel: it has no memory."""
    try:
        return Path(f"/proc/{pid}/statm").read_text().startswith("0 ")
    except OSError:
        return True


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS: PermissionError for a group of zombies
        return


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
