"""Start the front as a process of its own and speak to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60


@dataclass
class FrontHandle:
    port: int
    process: subprocess.Popen[str]

    @property
    def store_url(self) -> str:
        """What AFTERCALL_STORE_URL is to be."""
        return f"clickhouse://127.0.0.1:{self.port}/aftercall"

    def hold(self, pattern: str) -> None:
        """Keep the next statement that matches from running, until ``release``."""
        self._control("POST", "/hold", pattern)

    @property
    def held(self) -> bool:
        return self._control("GET", "/held") == "1\n"

    def release(self, *, run: bool) -> None:
        """Let it run now, or break its connection."""
        self._control("POST", "/release", "run" if run else "drop")

    def _control(self, method: str, path: str, body: str = "") -> str:
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.request(method, url, content=body, timeout=PATIENCE_S, trust_env=False).text

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=PATIENCE_S)


def start_front(path: Path, *, port: int = 0, jitter_ms: float = 0.0, seed: int = 0) -> FrontHandle:
    """The front over the chDB path (made when missing); ready when this returns."""
    command = [sys.executable, "-m", "tests.front.server", "--path", str(path), "--port", str(port)]
    command += ["--jitter-ms", str(jitter_ms), "--seed", str(seed)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.strip().isdigit(), f"the front did not start (exit code {process.poll()})"
    return FrontHandle(int(line), process)


@contextmanager
def front(path: Path, *, jitter_ms: float = 0.0, seed: int = 0) -> Iterator[FrontHandle]:
    handle = start_front(path, jitter_ms=jitter_ms, seed=seed)
    try:
        yield handle
    finally:
        handle.stop()
