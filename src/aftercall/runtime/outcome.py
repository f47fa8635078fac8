"""What became of one call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Failure = Literal[
    "exception", "timeout", "memory", "processes", "output", "exited", "protocol", "load", "not_found"
]
"""Why a call failed: it raised; it took too long, too much memory, started too many processes or told too
much; its process ended; it broke the pipes; its file or the whole project could not be loaded; there is no
such function."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``events`` holds everything written to conv, also where the call failed or its process was killed."""

    status: Literal["ok", "failed"]
    value: Any = None
    """What the function returned, as plain JSON."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """Wire events (model/events.py), complete with conversation_id, id, at and source, in the order
    written."""
    failure: Failure | None = None
    error: str | None = None
    """One line for people, such as ``ValueError: no slots``."""
    traceback: str | None = None
    """Of the project's own frames, with paths relative to the project."""
    stdout: str = ""
    stderr: str = ""
    duration_ms: float = 0.0
    llm_calls: int = 0
    """How often a model was asked."""
    unstarted: bool = False
    """There was no process to run it: what was to become one ended, or took too long, while it imported the
    project. Killed from outside, it would not do so again."""
    recycled: list[str] = field(default_factory=list)
    """Why the process is not used again: what the call left behind."""

    @property
    def ok(self) -> bool:
        return self.status == "ok"

    @property
    def logs(self) -> list[dict[str, Any]]:
        """Entries of conv.log: ``{level, content, is_pii, timestamp (epoch ms), logger, ...fields}``."""
        return [_entry(event) for event in self.events if event["kind"] == "log"]


def _entry(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "logger": "conversation_logger",
        **(event.get("fields") or {}),
        "level": event.get("level", "info"),
        "content": event["content"],
        "is_pii": event.get("is_pii", False),
        "timestamp": event["at"],
    }
