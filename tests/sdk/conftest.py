"""Clients that end with their test, and an environment without AFTERCALL_* of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercall.sdk import Client
from aftercall.testing import IngestServer

NewClient = Callable[..., Client]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AFTERCALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AFTERCALL_HOME", str(tmp_path / "home"))


@pytest.fixture
def server() -> Iterator[IngestServer]:
    with IngestServer() as running:
        yield running


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def new_client(server: IngestServer, spool: Path) -> Iterator[NewClient]:
    """``new_client(**options)``: a Client of the double, in production mode, gathering for 10 ms only."""
    made: list[Client] = []

    def new(**options: Any) -> Client:
        options = {"url": server.url, "spool": spool, "mode": "production", "send_every": 0.01, **options}
        made.append(Client(**options))
        return made[-1]

    yield new
    for client in made:
        client.close(timeout=0.2)


@pytest.fixture
def client(new_client: NewClient) -> Client:
    return new_client()
