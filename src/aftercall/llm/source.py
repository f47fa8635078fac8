"""The settings in force: read again when models.yaml changes, so that turning a model on needs no restart."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aftercall.llm.settings import Settings
from aftercall.llm.settings_file import FILE_NAME, KEY, MODEL, URL, load, parse


class SettingsSource:
    """``given``: these settings for good, and no file and no variables are looked at."""

    def __init__(
        self, home: Path, given: Mapping[str, Any] | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self._home = home
        self._fixed = None if given is None else parse(given)
        self._env = os.environ if env is None else env
        self._lock = threading.Lock()
        self._read: tuple[object, Settings] | None = None

    def now(self) -> Settings:
        """Raises InvalidInput (MODELS_CONFIG_INVALID), each time, while the file is wrong."""
        if self._fixed is not None:
            return self._fixed
        with self._lock:
            stamp = (_stamp(self._home / FILE_NAME), *(self._env.get(name) for name in (URL, KEY, MODEL)))
            if self._read is None or self._read[0] != stamp:
                self._read = (stamp, load(self._home, self._env))
            return self._read[1]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
