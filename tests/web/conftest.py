"""One server process for all tests of this folder (one per xdist worker), and projects of their own in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import httpx
import pytest

from tests import servers
from tests.servers import Server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.server(tmp_path_factory.mktemp("web") / "home") as running:
        yield running


@pytest.fixture
def slug() -> str:
    return f"clinic-{next(_numbers)}"


@pytest.fixture
def project(server: Server, slug: str) -> httpx.Client:
    """A client, with an admin key, of a fresh project named ``slug``."""
    return server.project(slug)
