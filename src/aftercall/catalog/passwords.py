"""Passwords: Argon2id hashes, by argon2-cffi with its own (RFC 9106) parameters."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from aftercall.catalog.text import clean_text
from aftercall.errors import InvalidInput

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 10
LONGEST = 200

_few = threading.BoundedSemaphore(2)
"""Each takes 64 MiB and a core for a moment: many at once must not starve the server."""


def clean_password(password: object, login: str) -> str:
    """Raises InvalidInput (WEAK_PASSWORD). Length is what counts; no rules about signs and digits."""
    text = clean_text(password, "the password", longest=LONGEST)
    if len(text) < SHORTEST:
        raise InvalidInput(f"The password needs at least {SHORTEST} characters.", code="WEAK_PASSWORD")
    if text.casefold() == login.casefold() or len(set(text)) < 4:
        raise InvalidInput("This password is too easy to guess: choose another.", code="WEAK_PASSWORD")
    return text


def hash_password(password: str) -> str:
    with _few:
        return _hasher().hash(password)


def matches(password: str, hashed: str | None) -> bool:
    """Takes as long for nobody (``hashed`` None) as for somebody, so that time tells no logins."""
    from argon2.exceptions import VerificationError

    with _few:
        try:
            _hasher().verify(hashed or _nobody(), password)
        except (VerificationError, UnicodeEncodeError):
            return False
    return hashed is not None


def is_outdated(hashed: str) -> bool:
    return _hasher().check_needs_rehash(hashed)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # only servers where people sign in load it

    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("the password of nobody")
