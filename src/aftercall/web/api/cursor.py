"""The place of a page in the list, as clients carry it: opaque, checked, and of one project."""

from __future__ import annotations

import base64
import binascii
import hashlib

import msgspec

from aftercall.errors import InvalidInput
from aftercall.ingest.limits import CONVERSATION_ID_CHARACTERS
from aftercall.store.reader import Key
from aftercall.web.errors import FILTER_ERROR

VERSION = 1
_LONGEST = 16 * CONVERSATION_ID_CHARACTERS


class _Cursor(msgspec.Struct):
    v: int
    at: int
    id: str
    sum: str
    n: int | None = None
    """How many there are in all, where the first page counted."""


def write_cursor(project_id: int, key: Key, count: int | None = None) -> str:
    started_at, conversation_id = key
    cursor = _Cursor(VERSION, started_at, conversation_id, _sum(project_id, key), count)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(project_id: int, text: str, code: str = FILTER_ERROR) -> Key:
    """As ``read_place``, without the count."""
    return read_place(project_id, text, code)[0]


def read_place(project_id: int, text: str, code: str = FILTER_ERROR) -> tuple[Key, int | None]:
    """(after which conversation, how many the first page counted).

    Raises InvalidInput for one that is damaged, made by hand, of another version or another project.

    The sum is no secret: a cursor opens nothing that the list itself does not.
    """
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long")
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(packed, type=_Cursor)
        key = (cursor.at, cursor.id)
        if cursor.v != VERSION or cursor.sum != _sum(project_id, key):
            raise ValueError("not ours")
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        raise InvalidInput(
            '"cursor" is not one that this list has given: begin again without one.', code=code
        ) from None
    return key, cursor.n


def _sum(project_id: int, key: Key) -> str:
    return hashlib.blake2s(repr((VERSION, project_id, key)).encode(), digest_size=6).hexdigest()
