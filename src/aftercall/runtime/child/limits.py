"""What this process may take of the machine, set by itself before any code of the project runs."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import Any

_SET_CHILD_SUBREAPER = 36
_THREAD_STACKS = 512 * 1024 * 1024
"""Of address space on top of the memory limit: stacks are reserved whole and used in part. What is really
used is watched by the parent."""
_CPU_GRACE_S = 5


def apply(limits: dict[str, Any]) -> None:
    """``limits``: memory_bytes, file_bytes, processes. What the system has no such limit for is left out."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, int(limits["file_bytes"]))
    _lower(resource.RLIMIT_DATA, int(limits["memory_bytes"]) + _THREAD_STACKS)
    if os.getuid() != 0 and Path("/proc/self/task").is_dir():
        # The limit counts everything this user runs. Root is exempt from it: there the parent's watch
        # and the fork counter below are what holds.
        _lower(resource.RLIMIT_NPROC, _tasks_of_user() + 8 * int(limits["processes"]))
    if sys.platform == "linux":
        # Processes that a function detaches become this one's children, so that they can be seen and ended.
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def allow_cpu(seconds: float) -> None:
    """From now on, for all threads together. The parent's clock ends a call long before; this ends a loop
    that was left behind when the server was killed."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    cores = os.cpu_count() or 1
    allowed = used.ru_utime + used.ru_stime + seconds * cores + _CPU_GRACE_S
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(allowed) + 1 if hard == resource.RLIM_INFINITY else min(int(allowed) + 1, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except (ValueError, OSError) as error:  # macOS refuses some values
        sys.stderr.write(f"aftercall: cannot set limit {which} to {value}: {error}\n")


def _tasks_of_user() -> int:
    tasks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == os.getuid():
                    tasks += sum(1 for _ in (entry / "task").iterdir())
            except OSError:
                continue  # it ended meanwhile
    return tasks


class ForkCounter:
    """Forks of this process and of all it forked, in one number they share. Whoever forks past the bound
    takes the whole group with it: a fork bomb grows faster than anybody outside can look."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._group = os.getpid()
        self._shared = mmap.mmap(-1, mmap.PAGESIZE)
        os.register_at_fork(before=self._count)

    def reset(self) -> None:
        self._shared[:8] = struct.pack("q", 0)

    def _count(self) -> None:
        (number,) = struct.unpack("q", self._shared[:8])
        self._shared[:8] = struct.pack("q", number + 1)
        if number >= self._bound and os.getpgrp() == self._group:
            os.killpg(self._group, signal.SIGKILL)
