"""A thread of ours that works until it is closed."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod


class Background(ABC):
    """``_run`` returns soon after ``_stop`` is set."""

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Returns once nothing of it runs. Also good for one that was never started."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    @abstractmethod
    def _run(self) -> None: ...
