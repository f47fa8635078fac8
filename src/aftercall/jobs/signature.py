"""How a webhook's receiver knows that a request is from this server, and new."""

from __future__ import annotations

import hashlib
import hmac

TIMESTAMP_HEADER = "x-aftercall-timestamp"
"""Epoch seconds, when this try was sent: a receiver should refuse what is older than some minutes."""
SIGNATURE_HEADER = "x-aftercall-signature"
DELIVERY_HEADER = "x-aftercall-delivery"
"""The same in all tries of one delivery."""
EVENT_HEADER = "x-aftercall-event"


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 of ``<timestamp>.<body>``, hexadecimal."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
