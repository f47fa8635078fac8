"""Leaving no trace: what a call changed of its process, put back where that is possible.

What cannot be put back (a thread or a process still running, a signal handler, a closed standard output) is
told to the parent, which then takes a fresh process for the next call.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

GRACE_S = 2.0
"""How long threads that are no daemons may finish what they do after their function has returned."""


class Baseline:
    """The process as it was before a call."""

    def __init__(self) -> None:
        self._threads = set(threading.enumerate())
        self._environ = dict(os.environ)
        self._cwd = Path.cwd()
        self._handlers = _handlers()
        self._files = [_identity(fd) for fd in (1, 2)]

    def restore(self) -> list[str]:
        """What is left of the call and cannot be undone, for people."""
        left = self._threads_left() + _processes_left()
        if _handlers() != self._handlers:
            left.append("it changed signal handlers")
        if [_identity(fd) for fd in (1, 2)] != self._files:
            left.append("it closed or replaced standard output")
        signal.setitimer(signal.ITIMER_REAL, 0)  # a pending alarm would strike the next call
        if dict(os.environ) != self._environ:
            os.environ.clear()
            os.environ.update(self._environ)
        try:
            os.chdir(self._cwd)
        except OSError as error:
            left.append(f"its folder is gone: {error}")
        return left

    def _threads_left(self) -> list[str]:
        deadline = time.monotonic() + GRACE_S
        left = []
        for thread in threading.enumerate():
            if thread not in self._threads and thread is not threading.current_thread():
                if not thread.daemon and not _is_idle(thread):
                    thread.join(max(0.0, deadline - time.monotonic()))
                if thread.is_alive() and not _is_idle(thread):
                    left.append(f"its thread {thread.name!r} was still running")
        return left


def open_standard_output() -> None:
    """Fresh text layers over 1 and 2: the project may have closed or replaced the ones before."""
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def flush_standard_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception as error:  # noqa: BLE001 - the project's own stream, or a closed one
            if _identity(2) is not None:
                os.write(2, f"aftercall: output was lost: {type(error).__name__}\n".encode())


def _is_idle(thread: threading.Thread) -> bool:
    """A worker of a ThreadPoolExecutor that waits for work: it does nothing until a call gives it some."""
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return True
    code = frame.f_code
    return code.co_name == "_worker" and code.co_filename.endswith("futures/thread.py")


def _processes_left() -> list[str]:
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if pid == 0:
            return ["a process it started was still running"]


def _handlers() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


def _identity(fd: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino
