"""Secrets that are given out once and kept as hashes: session ids and one-time links."""

from __future__ import annotations

import hashlib
import re
import secrets

_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_hash(token: object) -> str | None:
    """None for what cannot be a token. Plain SHA-256: it is 32 random bytes, see ``keys``."""
    if not isinstance(token, str) or not _FORM.fullmatch(token):
        return None
    return hashlib.sha256(token.encode()).hexdigest()
