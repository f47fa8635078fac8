"""One door to any model: keys, limits, retries, cache and spend. Imports nothing heavy before the first call.

door = Door.from_env()
session = door.session("dental", conversation_id)
session.prompt_llm("Why did they call?", return_json=True)
"""

from __future__ import annotations

from aftercall.llm.door import Door
from aftercall.llm.errors import ChatCompletionError, ModelNotConfigured, SpendCapReached
from aftercall.llm.ledger import Call
from aftercall.llm.route import Route
from aftercall.llm.session import Completion, Session

__all__ = [
    "Call",
    "ChatCompletionError",
    "Completion",
    "Door",
    "ModelNotConfigured",
    "Route",
    "Session",
    "SpendCapReached",
]
