"""Around every request: its correlation id, the bound on its body, its place in the metrics, and the
last catch for what nobody foresaw."""

from __future__ import annotations

import time
import uuid

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aftercall.ingest.limits import BODY_BYTES, SMALL_BODY_BYTES
from aftercall.ingest.unpack import body_too_large
from aftercall.web import errors
from aftercall.web.meters import Meters

CORRELATION_HEADER = "X-PolyAI-Correlation-Id"
"""The name existing clients of the Conversations API look for."""

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_LARGE = frozenset({"/v1/ingest"})
_NO_ROUTE = "(none)"


class Envelope:
    """Pure ASGI on purpose: Starlette's BaseHTTPMiddleware would copy every body through a task group."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Request(self._app, self._meters, scope, receive, send).run()


class _Request:
    def __init__(self, app: ASGIApp, meters: Meters, scope: Scope, receive: Receive, send: Send) -> None:
        self._app = app
        self._meters = meters
        self._scope = scope
        self._receive_raw = receive
        self._send_raw = send
        self._error_id = uuid.uuid4().hex
        self._limit = BODY_BYTES if scope["path"] in _LARGE else SMALL_BODY_BYTES
        self._received = 0
        self._status = 0
        scope.setdefault("state", {})["error_id"] = self._error_id

    async def run(self) -> None:
        began = time.perf_counter()
        try:
            if self._told_length() > self._limit:  # refused before a byte of it is read
                await self._answer(errors.answer(body_too_large("", self._limit), self._error_id))
            else:
                await self._app(self._scope, self._receive, self._send)
        except ClientDisconnect:
            pass  # nobody is there to read an answer
        except Exception as error:  # noqa: BLE001 - the last catch: logged whole, answered without details
            await self._answer(errors.unexpected(error, self._error_id))
        finally:
            self._count(time.perf_counter() - began)

    def _told_length(self) -> int:
        for name, value in self._scope["headers"]:
            if name == b"content-length" and value.isdigit() and len(value) < 20:
                return int(value)
        return 0

    async def _receive(self) -> Message:
        message = await self._receive_raw()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self._limit:
                raise body_too_large("", self._limit)
        return message

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers[CORRELATION_HEADER] = self._error_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
        await self._send_raw(message)

    async def _answer(self, response: ASGIApp) -> None:
        if not self._status:  # of an answer that has begun, only breaking it off is left
            await response(self._scope, self._receive, self._send)

    def _count(self, seconds: float) -> None:
        route = getattr(self._scope.get("route"), "path_format", _NO_ROUTE)
        method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
        self._meters.requests.labels(method, route, str(self._status)).inc()
        self._meters.request_seconds.labels(route).observe(seconds)
