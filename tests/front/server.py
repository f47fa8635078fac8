"""ClickHouse's HTTP interface over one chDB path: as much of it as clickhouse-connect speaks.

    python -m tests.front.server --path FOLDER [--jitter-ms 20 --seed 7]

prints its port and serves until it is killed. `jitter` holds back each statement by a random while (of
the seed), so that what several servers do at the same moment meets in many orders.

A test may stop a client at a chosen statement: POST /hold (body: a regular expression) keeps the next
statement that matches waiting, GET /held says whether one waits, POST /release lets it run (body `run`)
or breaks its connection.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import socketserver
import threading
import time
from typing import Any, BinaryIO, cast

from tests.front.engine import Answer, Chdb
from tests.front.gate import Gate
from tests.front.request import Refused, Request, read_request

REASONS = {200: "OK", 400: "Bad Request", 414: "URI Too Long", 500: "Internal Server Error"}


class Front(socketserver.ThreadingTCPServer):
    """One thread per connection, each with its own chDB connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, path: str, *, port: int = 0, jitter_ms: float = 0.0, seed: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Connection)
        self.engine = Chdb(path)
        self._jitter = jitter_ms / 1000
        self._random = random.Random(seed)
        self._guard = threading.Lock()
        self.gate = Gate()

    def hold_back(self, statement: bytes) -> None:
        """Raises ConnectionError for a held statement that is not to run."""
        self.gate.pass_through(statement)
        if self._jitter:
            with self._guard:
                wait = self._random.random() ** 4 * self._jitter  # mostly little, now and then a lot
            time.sleep(wait)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: Front

    def handle(self) -> None:
        while self._serve_one():
            pass

    def finish(self) -> None:
        super().finish()
        self.server.engine.release()

    def _serve_one(self) -> bool:
        """Whether the connection stays open."""
        try:
            request = read_request(cast(BinaryIO, self.rfile))
        except Refused as refusal:
            self._answer(refusal.status, _error(refusal))
            return False
        except ConnectionError:
            return False
        if request is None:
            return False
        try:
            if request.path != "/":
                status, headers, body = 200, {}, self._control(request)
            else:
                self.server.hold_back(request.statement)
                answer = self.server.engine.run(request)
                status, headers, body = 200, _headers(answer), answer.body
        except Refused as refusal:
            status, (headers, body) = refusal.status, _error(refusal)
        except ConnectionError:
            return False
        if request.gzip_answer and body:
            headers["Content-Encoding"], body = "gzip", gzip.compress(body, 1)
        self._answer(status, (headers, body))
        return request.keep_alive

    def _control(self, request: Request) -> bytes:
        gate = self.server.gate
        if request.path == "/hold":
            gate.hold(request.statement)
        elif request.path == "/held":
            return b"1\n" if gate.held else b"0\n"
        elif request.path == "/release":
            gate.release(run=request.statement == b"run")
        return b"Ok.\n"

    def _answer(self, status: int, content: tuple[dict[str, str], bytes]) -> None:
        headers, body = content
        lines = [f"HTTP/1.1 {status} {REASONS[status]}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        try:
            self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        except ConnectionError:
            return  # a client that was killed does not read its answer


def _headers(answer: Answer) -> dict[str, str]:
    summary: dict[str, Any] = {"read_rows": str(answer.rows_read), "written_rows": str(answer.rows_written)}
    headers = {"X-ClickHouse-Summary": json.dumps(summary), "X-ClickHouse-Timezone": "UTC"}
    if answer.format is not None:
        headers["X-ClickHouse-Format"] = answer.format
    return headers


def _error(refusal: Refused) -> tuple[dict[str, str], bytes]:
    return {"X-ClickHouse-Exception-Code": str(refusal.code)}, f"{refusal}\n".encode()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--path", required=True)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--jitter-ms", type=float, default=0.0)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    front = Front(options.path, port=options.port, jitter_ms=options.jitter_ms, seed=options.seed)
    print(front.port, flush=True)
    front.serve_forever()


if __name__ == "__main__":
    main()
