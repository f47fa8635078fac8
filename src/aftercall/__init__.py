"""Every call an AI agent handles becomes structured, queryable reporting data, on your own machines.

`from aftercall import Conversation` is all an agent process needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aftercall.sdk import Conversation as Conversation

__version__ = "0.1.0"
__all__ = ["Conversation", "__version__"]


def __getattr__(name: str) -> object:
    # Lazy, because the server imports this package too and should not load (or start) the SDK.
    if name == "Conversation":
        from aftercall.sdk import Conversation

        return Conversation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
