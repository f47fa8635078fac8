"""A model double: an OpenAI-compatible endpoint on a loopback port, in a thread of this process.

    with ModelEndpoint() as endpoint:
        endpoint.script(lambda call: "Booked." if "book" in call.prompt else Reply(status=500))
        ...  # AFTERCALL_LLM_URL=endpoint.url
        assert len(endpoint.requests) == 1

It speaks chat completions (``endpoint.url``) and Anthropic's messages (``endpoint.root``), without streaming.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import msgspec

from aftercall.testing.model_reply import ModelCall, Reply, encode

__all__ = ["ModelCall", "ModelEndpoint", "Reply"]

Answer = Reply | str | Mapping[str, Any]
"""A text is ``Reply(text)``, an object is ``Reply(value=object)``."""
Script = Callable[[ModelCall], Answer]


class ModelEndpoint:
    """Answers as scripted and keeps what it was asked. Unscripted it answers ``ok``.

    ``port`` 0: the system chooses. ``api_key``: answer 401 to any other.
    """

    def __init__(self, *, port: int = 0, api_key: str | None = None) -> None:
        self.api_key = api_key
        self.requests: list[ModelCall] = []
        """Every request, in the order of arrival, also those answered with an error."""
        self.at_once = 0
        """How many were being answered at the same time, at most."""
        self._script: Script = lambda call: "ok"
        self._answering = 0
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.double = self
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def root(self) -> str:
        """The base address for Anthropic's client, which adds ``/v1/messages``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base address for OpenAI's clients, which add ``/chat/completions``."""
        return f"{self.root}/v1"

    def script(self, *answers: Script | Answer) -> None:
        """One function from the call to its answer (called in the request's own thread: it may wait), or
        answers to give in turn, the last again and again."""
        if len(answers) == 1 and callable(answers[0]):
            self._script = answers[0]
            return
        given = [answer for answer in answers if not callable(answer)]
        if len(given) != len(answers) or not given:
            raise TypeError("script() takes one function, or answers")
        first = len(self.requests)
        self._script = lambda call: given[min(call.number - first, len(given) - 1)]

    def wait_for(self, ready: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Until ``ready()``, asked on every request and answer, is true; or the timeout: False."""
        with self._changed:
            return self._changed.wait_for(ready, timeout)

    # --- running

    def start(self) -> Self:
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.02,), name="model-double", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Nobody listens on the port any more; answers that were delayed are given up."""
        self._stopping.set()
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
            self._thread = None
        self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    # --- answering

    def take(self, path: str, headers: dict[str, str], body: Any) -> tuple[ModelCall, Reply]:
        with self._changed:
            call = ModelCall(len(self.requests), path, headers, body)
            self.requests.append(call)
            self._answering += 1
            self.at_once = max(self.at_once, self._answering)
            self._changed.notify_all()
        reply = self._reply(call)
        if reply.delay_s:
            self._stopping.wait(reply.delay_s)
        return call, reply

    def done(self) -> None:
        with self._changed:
            self._answering -= 1
            self._changed.notify_all()

    def _reply(self, call: ModelCall) -> Reply:
        given = (call.headers.get("authorization", "").removeprefix("Bearer "), call.headers.get("x-api-key"))
        if self.api_key is not None and self.api_key not in given:
            return Reply(status=401, error="this is not a key we know", error_code="invalid_api_key")
        answer = self._script(call)
        if isinstance(answer, str):
            return Reply(answer)
        return answer if isinstance(answer, Reply) else Reply(value=answer)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128
    double: ModelEndpoint

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many tests are about; anything else is a fault of the script."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http
    wbufsize = -1  # one packet per answer
    timeout = 60

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        double = self.server.double
        try:
            call, reply = double.take(self.path.partition("?")[0], headers, msgspec.json.decode(body))
            self._send(reply, encode(reply, call))
        finally:
            double.done()

    def _send(self, reply: Reply, body: bytes) -> None:
        if reply.hang_up:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(reply.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if reply.retry_after is not None:
            self.send_header("retry-after", str(reply.retry_after))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if reply.cut else body)
        self.wfile.flush()
        self.close_connection = self.close_connection or reply.cut

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are in ``requests``; nobody reads them on the terminal."""
