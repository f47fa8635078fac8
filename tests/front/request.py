"""One HTTP request as ClickHouse's interface reads it: a statement, its settings, its bound parameters.

Limits are those of a ClickHouse server left at its defaults, so that a client which would be refused
there is refused here too.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_URI = 1_048_576
"""`http_max_uri_size`, bytes."""
MAX_FIELD_VALUE = 131_072
"""`http_max_field_value_size`, bytes: of one URL parameter or form field, bound parameters included."""
MAX_HEADERS = 200

_NO_SETTINGS = (
    "query database user password query_id session_id session_timeout session_check quota_key role "
    "compress decompress default_format buffer_size wait_end_of_query client_protocol_version "
    "send_progress_in_http_headers http_headers_progress_interval_ms enable_http_compression "
    "cancel_http_readonly_queries_on_client_close"
)
NO_SETTINGS = frozenset(_NO_SETTINGS.split())
"""URL parameters that speak of the transport: chDB has none, so they are understood and do nothing."""


class Refused(Exception):
    """A request no engine needs to see: HTTP status, ClickHouse's error code, message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass
class Request:
    """`statement` is SQL, with the data of an INSERT behind its first line as the protocol has it."""

    method: str
    statement: bytes
    database: str = "default"
    settings: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    gzip_answer: bool = False
    keep_alive: bool = True
    path: str = "/"


def read_request(stream: BinaryIO) -> Request | None:
    """The next request of a connection, None at its end. Raises Refused for what the server would refuse."""
    line = stream.readline(MAX_URI + 64)
    if not line.strip():
        return None
    method, target, _version = line.decode("latin-1").split(" ", 2)
    headers = _headers(stream)
    body = _body(stream, headers)
    if len(target) > MAX_URI:
        raise Refused(414, 1000, "URI Too Long")
    url = urlsplit(target)
    fields = dict(parse_qsl(url.query, keep_blank_values=True))
    if headers.get("content-type", "").startswith("multipart/form-data"):
        fields |= _form(body, headers["content-type"])
        body = b""
    for name, value in fields.items():
        if len(value.encode()) > MAX_FIELD_VALUE:
            raise Refused(400, 1000, f"HTML Form Exception: Field value too long ({name})")
    request = _request(method, fields, body)
    request.gzip_answer = "gzip" in headers.get("accept-encoding", "") and (
        fields.get("enable_http_compression") == "1"
    )
    request.keep_alive = headers.get("connection", "").lower() != "close"
    request.path = unquote(url.path)
    return request


def _request(method: str, fields: dict[str, str], body: bytes) -> Request:
    head = fields.get("query", "").encode()
    return Request(
        method=method,
        statement=head + b"\n" + body if head and body else head or body,
        database=fields.get("database") or "default",
        settings={
            name: value
            for name, value in fields.items()
            if name not in NO_SETTINGS and not name.startswith("param_")
        },
        parameters={
            name.removeprefix("param_"): value for name, value in fields.items() if name.startswith("param_")
        },
    )


def _headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = stream.readline(65_537)
        if line in (b"\r\n", b"\n", b""):
            return headers
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    raise Refused(400, 1000, "Too many header fields")


def _body(stream: BinaryIO, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        chunks = []
        while size := int(stream.readline(64).split(b";")[0], 16):
            chunks.append(stream.read(size))
            stream.readline(64)
        stream.readline(64)
        body = b"".join(chunks)
    else:
        body = stream.read(int(headers.get("content-length") or 0))
    encoding = headers.get("content-encoding", "identity")
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding != "identity":
        raise Refused(400, 1000, f"Content-Encoding {encoding} is not spoken here: use gzip or none")
    return body


def _form(body: bytes, content_type: str) -> dict[str, str]:
    """The plain fields of a multipart form."""
    boundary = re.search(r'boundary="?([^";]+)"?', content_type)
    if boundary is None:
        raise Refused(400, 1000, "multipart/form-data without a boundary")
    fields: dict[str, str] = {}
    for part in body.split(b"--" + boundary.group(1).encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name is not None:
            fields[name.group(1).decode()] = value.removesuffix(b"\r\n").decode()
    return fields
