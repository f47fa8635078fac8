"""The two background threads of a client, one that spools and one that sends: neither waits for the other."""

from __future__ import annotations

import threading

from aftercall.sdk.sender import Sender
from aftercall.sdk.spooler import Spooler
from aftercall.sdk.transport import Transport


class Workers:
    """Daemon threads: they never keep a process from ending. ``start`` may raise RuntimeError (no more
    threads are allowed, or the interpreter is ending); then none is running."""

    def __init__(self, spooler: Spooler, sender: Sender, transport: Transport) -> None:
        self._sender = sender
        self._transport = transport
        self._loops = {"spooler": lambda: spooler.run(self._wait_spooler), "sender": self._send}
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._wake_spooler = threading.Event()
        self._wake_sender = threading.Event()
        self.running = False

    def start(self) -> None:
        try:
            for name, loop in self._loops.items():
                thread = threading.Thread(target=loop, name=f"aftercall-{name}", daemon=True)
                thread.start()
                self._threads.append(thread)
        except RuntimeError:
            self.stop(1.0)
            raise
        self.running = True

    def _send(self) -> None:
        self._sender.run(self._wait_sender)
        self._transport.close()  # here, because whoever stops us does not wait for the answer to a request

    def stop(self, timeout: float) -> None:
        """One of them may still wait for an answer after that: it ends with it, or with the process."""
        self.running = False
        self._stopping = True
        self.wake_spooler()
        self.wake_sender()
        for thread in self._threads:
            thread.join(timeout)
        self._stopping = any(thread.is_alive() for thread in self._threads)
        self._threads = []

    def wake_spooler(self) -> None:
        self._wake_spooler.set()

    def wake_sender(self) -> None:
        self._wake_sender.set()

    def _wait_spooler(self, seconds: float | None) -> bool:
        self._wake_spooler.wait(seconds)
        self._wake_spooler.clear()
        return self._stopping

    def _wait_sender(self, seconds: float) -> bool:
        self._wake_sender.wait(seconds)
        self._wake_sender.clear()
        return self._stopping
