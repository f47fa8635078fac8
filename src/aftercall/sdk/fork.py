"""What happens when an agent process forks.

The parent must not notice; the child must neither send the parent's events again, nor touch its spool,
nor wait for a lock that a thread which does not exist any more was holding.
"""

from __future__ import annotations

import os
import threading
import weakref


class ForkAware:
    """Told around every fork of the process. The hooks run in the thread that forks and must be quick."""

    def before_fork(self) -> None:
        """Let go of what must not be open twice."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Forget the parent's threads, locks and files."""


class _Process:
    """This process: an id no other process has, parent and child of a fork included."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self.lock = threading.RLock()
        self.nonce = os.urandom(6).hex()


process = _Process()
_members: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def watch(member: ForkAware) -> None:
    with process.lock:
        _members.add(member)


def _before() -> None:
    process.lock.acquire()  # held across the fork: nobody joins while the members are walked
    for member in list(_members):
        member.before_fork()


def _in_parent() -> None:
    for member in list(_members):
        member.after_fork_in_parent()
    process.lock.release()


def _in_child() -> None:
    process.renew()
    for member in list(_members):
        member.after_fork_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
