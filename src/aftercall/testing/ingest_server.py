"""A server double: ``POST /v1/ingest`` on a loopback port, in a thread of this process.

    with IngestServer() as server:
        client = Client(url=server.url, spool=tmp_path)
        ...
        client.flush()
        assert server.kinds() == ["start", "metric", "end"]

In a process of its own: ``python -m aftercall.testing --port 0`` prints its URL.
"""

from __future__ import annotations

import gzip
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import msgspec

from aftercall.errors import AftercallError, InvalidInput, Unauthorized, error_body
from aftercall.model.events import batch_decoder, event_decoder
from aftercall.testing.faults import Fault, Faults, Match

Refuse = Callable[[dict[str, Any]], "tuple[str, str] | None"]


class IngestServer:
    """Validates events as a real server does, keeps those it acknowledged, and fails when told to.

    ``port`` 0: the system chooses. ``api_key``: answer 401 to any other. ``keep`` False only counts
    the events, for measuring.
    """

    def __init__(self, *, port: int = 0, api_key: str | None = None, keep: bool = True) -> None:
        self.api_key = api_key
        self.faults = Faults()
        self.refuse: Refuse = lambda event: None
        """``(code, reason)`` for an event to reject, None for one to accept."""
        self.events: list[dict[str, Any]] = []
        """Every event acknowledged, once each, in the order of arrival."""
        self.requests: list[dict[str, str]] = []
        """The headers of every request, lower case, with ``:events`` and ``:bytes`` beside them."""
        self.accepted = 0
        self.duplicates = 0
        self._keep = keep
        self._seen: set[tuple[str, str]] = set()
        self._changed = threading.Condition()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.double = self
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- what it does wrong

    def fail(
        self,
        status: int,
        *,
        times: int | None = 1,
        retry_after: str | int | None = None,
        body: bytes | None = None,
        matches: Match = lambda events: True,
    ) -> None:
        """Answer ``times`` requests with this status, accepting nothing; None: until ``recover()``."""
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        self.faults.add(Fault(status=status, headers=headers, body=body, times=times, matches=matches))

    def delay(self, seconds: float, *, times: int | None = None) -> None:
        """Answer slowly."""
        self.faults.add(Fault(delay_s=seconds, times=times))

    def cut(self, *, times: int | None = 1) -> None:
        """Accept, then close the connection in the middle of the answer."""
        self.faults.add(Fault(close=True, times=times))

    def recover(self) -> None:
        self.faults.clear()

    # --- what it got

    def of(self, conversation_id: str) -> list[dict[str, Any]]:
        return [event for event in list(self.events) if event["conversation_id"] == conversation_id]

    def kinds(self, conversation_id: str | None = None) -> list[str]:
        events = list(self.events) if conversation_id is None else self.of(conversation_id)
        return [event["kind"] for event in events]

    def wait_for(self, ready: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Until ``ready()``, asked again with every request, is true; or the timeout: False."""
        with self._changed:
            return self._changed.wait_for(ready, timeout)

    # --- running

    def start(self) -> Self:
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.02,), name="ingest-double", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Nobody listens on the port any more; ``IngestServer(port=...)`` can take it again."""
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

    def take(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        """``(status, answer)`` to the body of a request."""
        if self.api_key is not None and headers.get("x-api-key") != self.api_key:
            return 401, error_body(Unauthorized("this is not a key we know"))
        try:
            batch = batch_decoder.decode(body)
        except msgspec.DecodeError as error:
            return 400, error_body(InvalidInput(str(error)))
        accepted = duplicates = 0
        rejected: list[dict[str, Any]] = []
        with self._changed:
            for position, raw in enumerate(batch.events):
                refusal = self._judge(raw)
                if refusal == "duplicate":
                    duplicates += 1
                elif refusal is None:
                    accepted += 1
                else:
                    rejected.append({"position": position, "code": refusal[0], "reason": refusal[1]})
            self.accepted += accepted
            self.duplicates += duplicates
            self._changed.notify_all()
        return 200, {"accepted": accepted, "duplicates": duplicates, "rejected": rejected}

    def _judge(self, raw: msgspec.Raw) -> tuple[str, str] | str | None:
        try:
            known = event_decoder.decode(raw)
        except msgspec.DecodeError as error:
            return "EVENT_INVALID", str(error)
        if not self._keep:
            return None
        event = msgspec.json.decode(raw)
        refusal = self.refuse(event)
        if refusal is not None:
            return refusal
        key = (known.conversation_id, known.id or "")
        if known.id is not None and key in self._seen:
            return "duplicate"
        self._seen.add(key)
        self.events.append(event)
        return None

    def note(self, headers: dict[str, str], events: int, size: int) -> None:
        with self._changed:
            self.requests.append({**headers, ":events": str(events), ":bytes": str(size)})
            self._changed.notify_all()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    double: IngestServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what half of the tests are about; anything else is our fault."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http
    wbufsize = (
        -1
    )  # one packet per answer: unbuffered, the body would wait 40 ms for the header's acknowledgement
    timeout = 60

    def do_POST(self) -> None:
        double = self.server.double
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        events = _events(body)
        double.note(headers, len(events), len(body))
        fault = double.faults.next(events)
        if fault is not None and fault.delay_s:
            threading.Event().wait(fault.delay_s)
        self._answer(double, fault, headers, body)

    def _answer(
        self, double: IngestServer, fault: Fault | None, headers: dict[str, str], body: bytes
    ) -> None:
        if self.path != "/v1/ingest":
            self._send(404, b'{"error": "no such address"}', {})
        elif fault is not None and fault.status is not None:
            error = AftercallError(f"told to answer {fault.status}", code=f"TOLD_{fault.status}")
            told = msgspec.json.encode(error_body(error)) if fault.body is None else fault.body
            self._send(fault.status, told, fault.headers)
        else:
            status, answer = double.take(headers, body)
            self._send(status, msgspec.json.encode(answer), {}, cut=fault is not None and fault.close)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], *, cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.wfile.flush()
        self.close_connection = self.close_connection or cut

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are in ``requests``; nobody reads them on the terminal."""


def _events(body: bytes) -> list[dict[str, Any]]:
    try:
        told = msgspec.json.decode(body)
        return list(told["events"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return []
