"""A warm child with one version of a project loaded: runs one call at a time and survives it, or is ended."""

from __future__ import annotations

import selectors
import time
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from aftercall.runtime.attempt import Attempt
from aftercall.runtime.capture import Capture
from aftercall.runtime.channel import Lines, Sender, read_piece
from aftercall.runtime.host import Host
from aftercall.runtime.layout import Layout
from aftercall.runtime.limits import Limits
from aftercall.runtime.process import Process, describe_exit

LOOK_EVERY_S = 0.05
"""How often memory and processes of a running call are looked at."""
EXIT_S = 1.0
"""How long a child that closed its pipe may take to say with which code it ended."""
REUSABLE_MEMORY = 0.7
"""Of the limit: a child that keeps more than this after a call is replaced."""


class Worker:
    """Not thread-safe: who has it uses it alone. ``executor`` answers its questions; prompts may take
    minutes."""

    def __init__(
        self, layout: Layout, python: str, limits: Limits, executor: Executor, homes: Path, *, private: bool
    ) -> None:
        self.limits = limits
        self.layout = layout
        self.calls = 0
        self.idle_since = time.monotonic()
        self.retired: list[str] = []
        """Why it must not be used again; empty while it may."""
        self._executor = executor
        self._process = Process(python, layout.root, homes, limits.env, private=private)
        self._sender = Sender(self._process.down)
        self._lines = Lines(self._process.up, limits.line_bytes)
        self._closed = False
        self._selector = selectors.DefaultSelector()
        for fd in (self._process.up, self._process.out, self._process.err):
            self._selector.register(fd, selectors.EVENT_READ)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_usable(self) -> bool:
        return not self.retired and not self._closed and self._process.is_alive

    # --- what it does

    def load(self, *, check: bool = False) -> Attempt:
        """Imports the project. ``done``: ``{functions, problems, python}``."""
        files = [
            {"name": f.name, "file": f.file, "module": f.module, "flow": f.flow, "kind": f.kind}
            for f in self.layout.functions
        ]
        request = {
            "do": "load",
            "files": files,
            "config": self.layout.for_child(),
            "limits": self.limits.for_child(),
            "check": check,
        }
        attempt = Attempt("", "agent", Host(), self.limits)
        self._run(attempt, request, self.limits.load_seconds)
        return attempt

    def call(self, attempt: Attempt, request: dict[str, Any], seconds: float) -> None:
        """``request``: name, flow, conv, args, kwargs. Returns when the attempt is over, whatever
        happened."""
        self.calls += 1
        try:
            self._run(attempt, {"do": "call", **request}, seconds)
        except BaseException:  # of on_event, or Ctrl-C: the child is still at it
            self.retired.append("its call was abandoned")
            raise
        self.idle_since = time.monotonic()
        if attempt.failure is not None:
            self.retired.append(attempt.error)
        elif attempt.done is not None:
            self.retired += [str(item) for item in attempt.done["left"]]
            if attempt.done.get("failure") == "memory":
                self.retired.append("it ran out of memory")
        if (
            not self.retired
            and self._process.usage().memory_bytes > self.limits.memory_bytes * REUSABLE_MEMORY
        ):
            self.retired.append("it kept much memory")
        if not self.retired and self.calls >= self.limits.calls_per_worker:
            self.retired.append(f"it ran {self.calls} calls")

    def end(self) -> None:
        """Kill it and everything it started. May be called twice."""
        if not self._closed:
            self._closed = True
            self._process.kill()
            self._sender.close()
            self._selector.close()
            self._process.close()

    def kill(self) -> None:
        """From another thread: the one that uses it sees it die, and ends it."""
        self._process.kill()

    # --- following an attempt

    def _run(self, attempt: Attempt, request: dict[str, Any], seconds: float) -> None:
        self._drain(Capture(), Capture())  # what threads printed after their call was over
        deadline = attempt.started + seconds
        message = {"id": attempt.request_id, "seconds": seconds, **request}
        if not self._sender.send(message, deadline):
            attempt.fail("exited", "its process did not take the call")
        look_at = time.monotonic() + LOOK_EVERY_S
        while not attempt.is_over:
            now = time.monotonic()
            if now >= deadline:
                attempt.fail("timeout", f"it took longer than {seconds:g} s")
            elif now >= look_at:
                self._look(attempt)
                look_at = now + LOOK_EVERY_S
            else:
                self._follow(attempt, min(deadline, look_at) - now, deadline)
        self._drain(attempt.out, attempt.err)

    def _follow(self, attempt: Attempt, seconds: float, deadline: float) -> None:
        for key, _ in self._selector.select(seconds):
            if key.fd == self._process.up:
                self._hear(attempt, deadline)
            elif not self._print(key.fd, attempt.out if key.fd == self._process.out else attempt.err):
                self._selector.unregister(key.fd)  # it closed it; without this the loop would spin
        if attempt.out.total + attempt.err.total > self.limits.output_bytes:
            attempt.fail("output", f"it printed more than {self.limits.output_bytes} bytes")

    def _hear(self, attempt: Attempt, deadline: float) -> None:
        for line in self._lines.read():
            ask = attempt.take(line)
            if ask is not None:
                self._answer(attempt, ask, deadline)
            if attempt.is_over:
                return
        if self._lines.too_long:
            attempt.fail("output", f"it sent a line of more than {self.limits.line_bytes} bytes")
        elif self._lines.ended:
            attempt.fail("exited", f"its process {describe_exit(self._process.wait(EXIT_S))}")

    def _answer(self, attempt: Attempt, ask: dict[str, Any], deadline: float) -> None:
        number = ask["ask"]
        if attempt.asks > self.limits.prompts:
            refusal = f"one call may ask {self.limits.prompts} times"
            self._sender.send({"answer": number, "error": refusal, "error_type": "LimitReached"}, deadline)
            return
        position = attempt.extracts if ask.get("what") == "extract" else attempt.llm_calls

        def answer() -> None:
            told = attempt.host.answer(attempt.conversation_id, position, ask, attempt.extracted.put)
            self._sender.send({"answer": number, **told}, deadline)

        try:
            self._executor.submit(answer)
        except RuntimeError:  # shut down
            attempt.fail("exited", "the server is stopping")

    def _print(self, fd: int, capture: Capture) -> bool:
        """False: the other end is closed. A piece at a time: the pipe of the child's reports comes first."""
        piece = read_piece(fd)
        capture.add(piece or b"")
        return piece != b""

    def _drain(self, out: Capture, err: Capture) -> None:
        """What is in the pipes now, and no more: a process left behind may go on printing for ever."""
        for fd, capture in ((self._process.out, out), (self._process.err, err)):
            for _ in range(32):
                piece = read_piece(fd)
                if not piece:
                    break
                capture.add(piece)

    def _look(self, attempt: Attempt) -> None:
        if not self._process.is_alive and not self._selector.select(0):
            attempt.fail("exited", f"its process {describe_exit(self._process.wait(0))}")
        usage = self._process.usage()
        if usage.memory_bytes > self.limits.memory_bytes:
            attempt.fail("memory", f"it took more than {self.limits.memory_bytes} bytes of memory")
        if usage.processes > self.limits.processes:
            attempt.fail("processes", f"it started more than {self.limits.processes} processes")
