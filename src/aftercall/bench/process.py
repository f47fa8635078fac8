"""A server process of its own for a measurement, on a temporary home."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from aftercall.errors import InternalError


@dataclass(slots=True)
class Server:
    home: Path
    url: str
    key: str
    process: subprocess.Popen[bytes]
    ready_s: float
    """From starting the process to its first good answer on /readyz."""

    def client(self, project: str) -> httpx.Client:
        headers = {"x-api-key": self.key, "x-aftercall-project": project}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def memory_mb(self, *, peak: bool = False) -> float | None:
        """Resident memory, now or at its highest; None where the system does not tell (not Linux)."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return None
        key = "VmHWM:" if peak else "VmRSS:"
        return int(status.split(key)[1].split()[0]) / 1024

    def cpu_s(self) -> float | None:
        """Processor seconds so far, of it and the children that it has or had; None where the system does
        not tell."""
        try:
            return sum(_cpu_ticks(pid) for pid in [self.process.pid, *_children(self.process.pid)]) / _TICKS
        except OSError:
            return None

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


SERVE = ("-m", "aftercall", "serve")
_TICKS = os.sysconf("SC_CLK_TCK")


def _cpu_ticks(pid: int) -> int:
    """User and system time, its own and that of children it waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])


def _children(pid: int) -> list[int]:
    told = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    own = [int(child) for text in told for child in text.split()]
    return [*own, *(grandchild for child in own for grandchild in _children(child))]


@contextlib.contextmanager
def server(
    deadline_s: float = 60, program: Sequence[str] = SERVE, home: Path | None = None
) -> Iterator[Server]:
    """A fresh server; its home goes away with it, unless it is given. ``program``: what Python runs, if
    another that leaves a server.json."""
    given, home = home, home or Path(tempfile.mkdtemp(prefix="aftercall-bench-"))
    (home / "server.json").unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
    environment |= {"AFTERCALL_HOME": str(home), "AFTERCALL_PORT": "0"}
    log = (home / "server.log").open("wb")
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *program], env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        url, key = _wait_ready(home, process, began + deadline_s)
        yield Server(home, url, key, process, time.perf_counter() - began)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        log.close()
        if given is None:
            shutil.rmtree(home, ignore_errors=True)


def _wait_ready(home: Path, process: subprocess.Popen[bytes], deadline: float) -> tuple[str, str]:
    found = home / "server.json"
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            told = json.loads(found.read_text())
            if httpx.get(f"{told['url']}/readyz", trust_env=False).status_code == 200:
                return told["url"], told["api_key"]
        except (OSError, ValueError, httpx.HTTPError):
            pass  # not there yet: that is what we wait for, and the deadline says when it is a fault
        time.sleep(0.01)
    raise InternalError(
        "The server for the measurement did not start:\n" + (home / "server.log").read_text()[-2000:]
    )


def disk_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
