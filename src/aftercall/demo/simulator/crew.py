"""Workers, started and ended: each a process of its own, since a loaded project never leaves its process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from aftercall.demo.simulator.orders import Order, Request
from aftercall.errors import InternalError

END_S = 5.0


def example() -> Path:
    """The folder of the example project: in a clone, or as it was packed into the installed package."""
    packed = Path(__file__).parents[1] / "dental_clinic"
    cloned = Path(__file__).parents[4] / "examples" / "dental_clinic"
    for place in (packed, cloned):
        if (place / "project.yaml").is_file():
            return place
    raise InternalError(f"the example agent project is neither at {packed} nor at {cloned}")


class Crew:
    """``size`` workers that share one order; ``call`` reads the next call of one of them."""

    def __init__(self, order: Order, size: int) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        try:
            for place in range(size):
                self._start(msgspec.structs.replace(order, first=order.first + place, parts=size))
        except BaseException:
            self.end()
            raise

    def _start(self, order: Order) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "aftercall.demo.simulator.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Sets iterate in the same order in every process: the same seed gives the same call.
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        self._processes.append(process)
        self._send(process, order)

    def request(self, worker: int, request: Request) -> None:
        self._send(self._processes[worker], request)

    def call(self, worker: int) -> list[dict[str, Any]]:
        """The events of its next call; empty when it has played all it was ordered.

        Raises InternalError when it ended before.
        """
        process = self._processes[worker]
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line and process.wait(END_S) != 0:
            raise InternalError(
                f"the simulator's worker ended with code {process.returncode}: see its output"
            )
        events: list[dict[str, Any]] = msgspec.json.decode(line) if line else []
        return events

    def end(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _send(self, process: subprocess.Popen[bytes], message: Order | Request) -> None:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(message) + b"\n")
        process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()
