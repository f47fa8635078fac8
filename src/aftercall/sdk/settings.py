"""How a client finds its server and its spool: arguments first, then AFTERCALL_* variables, then defaults."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from aftercall.sdk.modes import Mode, default_mode

MIB = 1024 * 1024


class Destination(NamedTuple):
    url: str
    api_key: str


@dataclass(frozen=True, slots=True)
class Settings:
    """See Client for what each of them does."""

    url: str | None
    """AFTERCALL_URL. Without it: the server running on this home, else 127.0.0.1:$AFTERCALL_PORT (8440)."""
    api_key: str | None
    """AFTERCALL_API_KEY. Without a URL and a key: the one the running local server left for this user."""
    project: str
    """AFTERCALL_PROJECT: slug for conversations that name none. A key for one project needs none."""
    folder: Path
    """AFTERCALL_SPOOL. Default $AFTERCALL_HOME/spool, else ~/.aftercall/spool."""
    mode: Mode
    """AFTERCALL_MODE: development or production."""
    home: Path
    adopt_all: bool = False
    """AFTERCALL_SPOOL_ADOPT=all: also send what processes with another server, project or key left behind."""
    max_spool_bytes: int = 256 * MIB
    """Of all files in the spool folder together."""
    max_memory_bytes: int = 64 * MIB
    """Of events not yet spooled, and again of events kept in memory because the disk fails."""
    max_memory_events: int = 100_000
    """Not yet spooled."""
    max_chunk_events: int = 256
    max_chunk_bytes: int = 256 * 1024
    max_batch_events: int = 1000
    """Per request."""
    max_batch_bytes: int = MIB
    """Per request, before compression."""
    send_every: float = 0.5
    """Seconds that events are gathered before a request. The end of a call and flush() do not wait."""
    timeout: float = 30.0
    """Seconds a request may take."""
    gzip: bool = False
    fsync: bool = False
    """Wait for the disk at every write of the spool: what is spooled survives power loss, too."""

    def destination(self) -> Destination:
        """Read anew for every attempt: a local server may start later, and then has another key."""
        local = {} if self.url else self._local_server()
        url = self.url or local.get("url") or f"http://127.0.0.1:{os.environ.get('AFTERCALL_PORT') or 8440}"
        return Destination(url.rstrip("/"), self.api_key or local.get("api_key") or "")

    def _local_server(self) -> dict[str, str]:
        try:
            told = json.loads((self.home / "server.json").read_text())
        except (OSError, ValueError):
            return {}  # none is running; the sender says so when it cannot connect
        return {key: value for key, value in told.items() if isinstance(value, str)}

    def identity(self) -> dict[str, str]:
        """Whose events a spool file holds. The key only as a fingerprint: a spool must not leak it."""
        import hashlib  # loads OpenSSL: not while an agent process starts

        fingerprint = hashlib.sha256(self.api_key.encode()).hexdigest()[:16] if self.api_key else ""
        return {"url": (self.url or "local").rstrip("/"), "project": self.project, "key": fingerprint}


def _user_home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a container's user without a home: recording must work there, too
        return Path(tempfile.gettempdir()) / f"aftercall-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def read_settings(
    url: str | None = None,
    api_key: str | None = None,
    project: str | None = None,
    spool: str | Path | None = None,
    mode: Mode | None = None,
    options: Mapping[str, Any] | None = None,
) -> Settings:
    """Raises TypeError for an option there is none of."""
    env = os.environ
    home = Path(env.get("AFTERCALL_HOME") or _user_home() / ".aftercall").absolute()
    folder = spool or env.get("AFTERCALL_SPOOL") or home / "spool"
    settings = Settings(
        # stripped: a key read from a file ends with a line break, which no header can carry
        url=(url or env.get("AFTERCALL_URL") or "").strip() or None,
        api_key=(api_key or env.get("AFTERCALL_API_KEY") or "").strip() or None,
        project=(project or env.get("AFTERCALL_PROJECT") or "").strip(),
        folder=Path(folder).absolute(),
        mode=mode or default_mode(),
        home=home,
        adopt_all=env.get("AFTERCALL_SPOOL_ADOPT") == "all",
    )
    return replace(settings, **(options or {}))
