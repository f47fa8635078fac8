"""The pytest fixtures, imported as a user's conftest imports them."""

from __future__ import annotations

import httpx

from aftercall.testing import FakeConversation, IngestServer, assert_metric
from aftercall.testing.fixtures import conv, ingest_server

__all__ = ["conv", "ingest_server"]


def test_a_conversation_that_has_begun(conv: FakeConversation) -> None:
    conv.write_metric("M")
    assert_metric(conv, "M", True)
    assert [event["kind"] for event in conv.events] == ["start", "metric"]


def test_a_server_that_runs(ingest_server: IngestServer) -> None:
    with httpx.Client(base_url=ingest_server.url, trust_env=False) as http:
        assert http.post("/v1/ingest", json={"events": []}).json()["accepted"] == 0
