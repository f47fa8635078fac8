"""Content-Encoding of requests: gzip, within the bound that plain bodies have."""

from __future__ import annotations

import zlib

from aftercall.errors import InvalidInput, TooLarge
from aftercall.ingest import limits
from aftercall.ingest.explain import shown


def unpack(body: bytes, encoding: str) -> bytes:
    """The body without its Content-Encoding. Raises InvalidInput, and TooLarge for more than BODY_BYTES."""
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise InvalidInput(
            f"Content-Encoding {shown(encoding, 40)!r} is not known here: use gzip or none.",
            code="UNSUPPORTED_ENCODING",
        )
    parts: list[bytes] = []
    room = limits.BODY_BYTES + 1
    while body and room > 0:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            parts.append(member.decompress(body, room))
        except zlib.error as error:
            raise InvalidInput(f"The body is no valid gzip: {error}.", code="INVALID_GZIP") from None
        room -= len(parts[-1])
        if not member.eof and room > 0:
            raise InvalidInput("The body is gzip that breaks off: send all of it.", code="INVALID_GZIP")
        body = member.unused_data.lstrip(b"\0")  # gzip pads members with zeros
    if room <= 0:
        raise body_too_large("unpacked", limits.BODY_BYTES)
    return b"".join(parts)


def body_too_large(how: str, limit: int) -> TooLarge:
    return TooLarge(
        f"The body is larger than {limit:,} bytes {how}: send it in parts.", code="BODY_TOO_LARGE"
    )
