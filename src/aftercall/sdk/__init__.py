"""What an agent process needs: ``Conversation`` to record calls, ``Client`` to send them."""

from __future__ import annotations

from aftercall.sdk.client import Client, default_client
from aftercall.sdk.conversation import Conversation
from aftercall.sdk.health import Health
from aftercall.sdk.history import AgentResponse, UserInput
from aftercall.sdk.metrics import MetricEvent
from aftercall.sdk.modes import WrongType

__all__ = [
    "AgentResponse",
    "Client",
    "Conversation",
    "Health",
    "MetricEvent",
    "UserInput",
    "WrongType",
    "default_client",
]
