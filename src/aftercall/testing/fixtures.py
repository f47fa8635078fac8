"""pytest fixtures. Not loaded by themselves: import those you want into your ``conftest.py``.

from aftercall.testing.fixtures import conv, ingest_server  # noqa: F401
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aftercall.testing.ingest_server import IngestServer
from aftercall.testing.recording import FakeConversation, recording


@pytest.fixture
def conv() -> FakeConversation:
    """A started conversation that records in memory."""
    return recording()


@pytest.fixture
def ingest_server() -> Iterator[IngestServer]:
    """A running double of the server: set AFTERCALL_URL, or a Client's url, to its ``url``."""
    with IngestServer() as server:
        yield server
