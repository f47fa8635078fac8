"""Addresses that stay, for servers that go and come back."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
