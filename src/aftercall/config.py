"""Settings of a server and of the commands that talk to one: from AFTERCALL_* variables, with defaults.

Each field's docstring names its variable; docs/configuration.md lists them all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from aftercall.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Config:
    home: Path
    """AFTERCALL_HOME: the folder of everything this machine keeps. Default ~/.aftercall."""
    host: str
    """AFTERCALL_HOST: the address to listen on. Default 127.0.0.1: this machine only."""
    port: int
    """AFTERCALL_PORT: 0 lets the system choose. Default 8440."""
    store_url: str
    """AFTERCALL_STORE_URL: chdb:///folder or clickhouse://user:password@host:8123/database."""
    catalog_url: str
    """AFTERCALL_CATALOG_URL: sqlite:///file or postgresql://user:password@host/database."""
    url: str | None
    """AFTERCALL_URL: the server that commands talk to; without it the one running on this home."""
    api_key: str | None
    """AFTERCALL_API_KEY: the key that commands and agent processes use."""
    open_browser: bool
    """AFTERCALL_OPEN: 0 keeps the demo from opening a browser."""
    postcall: bool = True
    """AFTERCALL_POSTCALL: 0 leaves post-call work to other servers on the same store and catalog."""

    @property
    def server_file(self) -> Path:
        """Where a running server leaves its URL, pid and a key for this user's commands (mode 0600)."""
        return self.home / "server.json"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Config:
        """Raises InvalidInput naming the variable that is wrong."""
        env = os.environ if env is None else env
        home = Path(env.get("AFTERCALL_HOME") or Path.home() / ".aftercall").expanduser().absolute()
        return cls(
            home=home,
            host=env.get("AFTERCALL_HOST") or "127.0.0.1",
            port=_port(env.get("AFTERCALL_PORT") or "8440"),
            store_url=env.get("AFTERCALL_STORE_URL") or f"chdb://{quote(str(home / 'engine'))}",
            catalog_url=env.get("AFTERCALL_CATALOG_URL") or f"sqlite:///{quote(str(home / 'catalog.db'))}",
            url=env.get("AFTERCALL_URL") or None,
            api_key=env.get("AFTERCALL_API_KEY") or None,
            open_browser=env.get("AFTERCALL_OPEN", "1") not in ("0", "no", "false"),
            postcall=env.get("AFTERCALL_POSTCALL", "1") not in ("0", "no", "false"),
        )


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 65536:
        return int(text)
    raise InvalidInput(f"AFTERCALL_PORT is {text!r}: use a number from 0 to 65535", code="CONFIG_INVALID")
