"""Slugs: the short names of accounts and projects in URLs and configuration."""

from __future__ import annotations

import re

from aftercall.catalog.text import clean_text
from aftercall.errors import InvalidInput

LONGEST_NAME = 200

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def clean_slug(slug: object, what: str) -> str:
    """The slug itself, or InvalidInput (INVALID_SLUG) that says what one looks like."""
    text = clean_reference(slug, what)
    if not _SLUG.fullmatch(text):
        raise InvalidInput(
            f"{text[:80]!r} cannot be the slug of {what}: use 1 to 63 lower-case letters, digits, - and _,"
            " beginning with a letter or a digit",
            code="INVALID_SLUG",
        )
    return text


def clean_reference(slug: object, what: str) -> str:
    """For looking one up: any storable text. A slug of the wrong form is merely one that does not exist."""
    return clean_text(slug, f"the slug of {what}", longest=1000)


def clean_name(name: object, what: str) -> str:
    return clean_text(name, f"the name of {what}", shortest=1, longest=LONGEST_NAME)
