"""Development and production: whether a mistake is told to the developer or kept from the caller."""

from __future__ import annotations

import os
import sys
from typing import Literal

from aftercall.errors import InvalidInput

Mode = Literal["development", "production"]


class WrongType(InvalidInput, TypeError):
    """You passed something that cannot be recorded as what you called it; the message says what is allowed.

    Only raised in development mode. In production the same call is recorded, marked invalid.
    """


def default_mode() -> Mode:
    """AFTERCALL_MODE if set; else development under ``python -X dev`` and in pytest; else production."""
    told = os.environ.get("AFTERCALL_MODE", "").strip().lower()
    if told:
        return "development" if told in ("development", "dev") else "production"
    if sys.flags.dev_mode or "PYTEST_VERSION" in os.environ:
        return "development"
    return "production"
