"""What one call of a project's function may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The defaults suit an ``end_function`` that asks a model several times."""

    seconds: float = 120.0
    """From handing the call over to its result, waiting for models included."""
    load_seconds: float = 60.0
    """For starting the process and importing the project."""
    memory_bytes: int = 512 * MIB
    """Of the process and all it starts, together. Watched on Linux; elsewhere the system's own limits
    hold."""
    processes: int = 64
    """Started by one call."""
    file_bytes: int = 64 * MIB
    """Of any one file it writes."""
    output_bytes: int = 64 * MIB
    """Printed by one call. ``Outcome.stdout`` and ``stderr`` keep the beginning and the end."""
    events: int = 10_000
    event_bytes: int = 8 * MIB
    """Written to conv by one call, as JSON."""
    line_bytes: int = 4 * MIB
    """Of one event, one prompt, or the result."""
    prompts: int = 1_000
    """Questions to models and for secrets in one call."""
    calls_per_worker: int = 1_000
    """A process that has run this many is replaced."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Further variables for the process, such as HTTPS_PROXY. Everything else of the server's is kept from
    it."""

    def for_child(self) -> dict[str, Any]:
        return {
            "memory_bytes": self.memory_bytes,
            "file_bytes": self.file_bytes,
            "processes": self.processes,
        }
