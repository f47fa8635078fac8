"""JSON lines up to the parent and down again, over two pipes of their own.

Down: ``{"do": "load"|"call", ...}`` and ``{"answer": n, ...}``.
Up, each with the ``id`` of the request it belongs to: ``{"event": {...}}``, ``{"ask": n, "what": ..., ...}``,
``{"began": true}``, ``{"done": {...}}``.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import queue
import signal
import threading
from typing import Any

LOST_PIPES = 70
"""Exit code: the project closed the pipes, there is nobody left to talk to."""
_HIGH = 200
"""The pipes get numbers from here on, out of the way of what projects open and close."""


class Wire:
    """``ask`` and ``send`` may be called from any thread."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd = _move(read_fd)
        self._write_fd = _move(write_fd)
        self._pid = os.getpid()
        self._sending = threading.Lock()
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._asked: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._told_fork = False
        self.call: str = ""
        """The id of the request under way."""
        os.register_at_fork(after_in_child=self._forked)

    @property
    def is_mine(self) -> bool:
        """Not so in a process that the project forked: what it does is not heard."""
        return os.getpid() == self._pid

    def start(self) -> None:
        threading.Thread(target=self._listen, name="aftercall-wire", daemon=True).start()

    def next_request(self) -> dict[str, Any]:
        return self._requests.get()

    def send(self, message: dict[str, Any]) -> None:
        self._write({"id": self.call, **message})

    def ask(self, what: str, **body: Any) -> dict[str, Any]:
        """The parent's answer; waits for it."""
        if not self.is_mine:
            raise RuntimeError(f"{what} works in the process that runs the function, not in one it forked")
        number = next(self._numbers)
        self._asked[number] = queue.SimpleQueue()
        self.send({"ask": number, "what": what, **body})
        try:
            return self._asked[number].get()
        finally:
            del self._asked[number]

    def _write(self, message: dict[str, Any]) -> None:
        if not self.is_mine:
            if not self._told_fork:
                self._told_fork = True
                os.write(2, b"aftercall: what a forked process writes to conv is not recorded\n")
            return
        # "replace": a lone surrogate in some docstring or prompt must not make the whole line unreadable
        line = (
            json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        )
        with self._sending:
            rest = memoryview(line)
            while rest:
                try:
                    rest = rest[os.write(self._write_fd, rest) :]
                except OSError:
                    os._exit(LOST_PIPES)

    def _listen(self) -> None:
        try:
            with os.fdopen(self._read_fd, "rb", closefd=False) as lines:
                for line in lines:
                    message = json.loads(line)
                    if "answer" not in message:
                        self._requests.put(message)
                    elif message["answer"] in self._asked:
                        self._asked[message["answer"]].put(message)
        except OSError:
            os._exit(LOST_PIPES)
        if os.getpgrp() == self._pid:  # the server is gone: nothing of this group may go on running
            os.killpg(self._pid, signal.SIGKILL)
        os._exit(LOST_PIPES)

    def _forked(self) -> None:
        self._sending = threading.Lock()  # a thread that does not exist here may have held it
        for fd in (self._read_fd, self._write_fd):
            try:
                os.close(fd)
            except OSError:
                continue  # the project closed it before


def _move(fd: int) -> int:
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    os.close(fd)
    return moved
