"""Doubles for tests of agent code: no server, no network, no model.

    from aftercall.testing import FakeConversation, assert_metric

``FakeConversation`` for functions written for ``conv``; ``IngestServer`` for whatever sends to a server.
"""

from __future__ import annotations

from aftercall.testing.faults import Fault
from aftercall.testing.functions import FakeFlow, FakeFunctions
from aftercall.testing.ingest_server import IngestServer
from aftercall.testing.recording import (
    FakeConversation,
    RecordingSink,
    assert_metric,
    assert_no_metric,
    recording,
    turns_of,
)
from aftercall.testing.utils import FakeUtils, Prompt

__all__ = [
    "FakeConversation",
    "FakeFlow",
    "FakeFunctions",
    "FakeUtils",
    "Fault",
    "IngestServer",
    "Prompt",
    "RecordingSink",
    "assert_metric",
    "assert_no_metric",
    "recording",
    "turns_of",
]
