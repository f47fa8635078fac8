"""Models here are scripted, on loopback; clocks stand still unless somebody sleeps."""

from __future__ import annotations

from tests.llm.conftest import endpoint, only_loopback, open_door, time_

__all__ = ["endpoint", "only_loopback", "open_door", "time_"]
