"""JSON answers are compressed for who can read that: a thousand conversations go over the wire as a tenth.

In a thread, because zlib at 5 MB would keep the event loop from everybody else. Answers that are sent piece
by piece (exports) and those of the pages, which compress themselves, are left alone.
"""

from __future__ import annotations

import gzip

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES = 2_000
IN_PLACE_BYTES = 32_000
"""Up to here it takes less time than the way to a thread."""
LEVEL = 4


class Compress:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "gzip" in Headers(scope=scope).get("accept-encoding", "").lower():
            await self._app(scope, receive, _Answer(send))
        else:
            await self._app(scope, receive, send)


class _Answer:
    """The ``send`` of one answer. Its start waits for the first piece, which says how long it is."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            if message["type"] == "http.response.body":
                message = await _packed(start, message)
            await self._send(start)
        await self._send(message)


async def _packed(start: Message, message: Message) -> Message:
    """The body compressed, and its start told so; or as it was."""
    headers = MutableHeaders(raw=start["headers"])
    body: bytes = message.get("body", b"")
    is_json = headers.get("content-type", "").startswith("application/json")
    if not is_json or "content-encoding" in headers or message.get("more_body") or len(body) < LEAST_BYTES:
        return message
    packed = _pack(body) if len(body) <= IN_PLACE_BYTES else await anyio.to_thread.run_sync(_pack, body)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(packed))
    headers.add_vary_header("Accept-Encoding")
    return {**message, "body": packed}


def _pack(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)
