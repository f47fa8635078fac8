"""Ids made here: UUID version 7 (RFC 9562), so that they sort by the time they were made."""

from __future__ import annotations

import os
import time
import uuid


def new_id() -> str:
    """A fresh time-ordered UUID as 36 characters.

    Python's own ``uuid.uuid7`` arrives with 3.14; until that is our oldest version, these four lines.
    """
    value = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
