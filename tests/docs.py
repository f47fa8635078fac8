"""Runs the code blocks of a page as a reader would: in order, in one folder, with AFTERCALL_HOME set.

    ```bash            run with bash; must end with 0
    ```bash server     started, and left running until the page's end
    ```bash retry      repeated until it ends with 0: for what happens a moment later on a server
    ```python          run with this Python; one that begins with "# excerpt" is compared with its file
    ```python file=X   written to the file X

Other languages are for reading.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

BLOCK = re.compile(r"^```(\w+)((?: [\w=./-]+)*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXCERPT = re.compile(r"# excerpt of (\S+)\n")
PATIENCE_S = 30.0
INSTALLS = re.compile(r"^pip install .*$", re.MULTILINE)
"""What the tests' environment has already, and could not fetch."""


@dataclass(frozen=True)
class Block:
    language: str
    words: tuple[str, ...]
    source: str
    line: int

    @property
    def file(self) -> str | None:
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), None)


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], tuple(found[2].split()), found[3], text[: found.start()].count("\n") + 1)
        for found in BLOCK.finditer(text)
    ]


class Reader:
    """``env`` has AFTERCALL_HOME at least. ``replace``: texts of the page that are other ones here."""

    def __init__(
        self, page: Path, folder: Path, env: Mapping[str, str], *, replace: Mapping[str, str] | None = None
    ) -> None:
        self.page = page
        self.folder = folder
        self.output: list[str] = []
        """What each bash and python block printed."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
        tools = str(Path(sys.executable).parent)
        self._env = {**clean, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", **env}
        self._replace = dict(replace or {})
        self._servers: list[subprocess.Popen[bytes]] = []

    def read(self) -> None:
        """All blocks. Raises AssertionError with the line of the block that did not do what the page says."""
        for block in blocks_of(self.page):
            self.do(block)

    def do(self, block: Block) -> None:
        source = INSTALLS.sub("", block.source)
        for text, other in self._replace.items():
            source = source.replace(text, other)
        if block.file is not None:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
        elif block.language == "python" and (excerpt := EXCERPT.match(source)):
            told = (self.folder / excerpt[1]).read_text(encoding="utf-8")
            for line in source[excerpt.end() :].splitlines():
                assert line.strip() in told, (
                    f"{self._where(block)}: {excerpt[1]} has no line {line.strip()!r}"
                )
        elif block.language == "python":
            self._run(block, [sys.executable, "-c", source])
        elif block.language == "bash" and "server" in block.words:
            self._serve(source)
        elif block.language == "bash":
            self._run(block, ["bash", "-euo", "pipefail", "-c", source], again="retry" in block.words)

    def _run(self, block: Block, command: list[str], *, again: bool = False) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self._env,
                capture_output=True,
                text=True,
                timeout=PATIENCE_S * 2,
            )
            if done.returncode == 0:
                self.output.append(done.stdout)
                return
            if not again or time.monotonic() > deadline:
                told = f"{done.stdout}\n{done.stderr}\n{self._log()}"
                raise AssertionError(f"{self._where(block)} ended with {done.returncode}:\n{told}")

    def _serve(self, source: str) -> None:
        with (self.folder / "server.log").open("a") as log:
            server = subprocess.Popen(
                ["bash", "-c", f"exec {source.strip()}"],
                cwd=self.folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._servers.append(server)
        deadline = time.monotonic() + PATIENCE_S
        while not (Path(self._env["AFTERCALL_HOME"]) / "server.json").exists():  # it tells where it listens
            assert server.poll() is None, f"the server ended with {server.returncode}:\n{self._log()}"
            assert time.monotonic() < deadline, f"the server does not start:\n{self._log()}"
            time.sleep(0.05)

    def _where(self, block: Block) -> str:
        return f"{self.page.name}, line {block.line}"

    def _log(self) -> str:
        path = self.folder / "server.log"
        return path.read_text(errors="replace")[-4_000:] if path.exists() else ""

    def close(self) -> None:
        for server in self._servers:
            server.send_signal(signal.SIGTERM)
        for server in self._servers:
            try:
                server.wait(PATIENCE_S)
            finally:
                server.kill()
                server.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
