"""One request to a webhook, whatever its receiver does: bounded in time, in what is read, in where it goes.

Redirects are not followed, proxies of the environment are not used, connections are not kept.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpcore

from aftercall.jobs.address import AddressRefused, Resolve, reachable, resolve

READ_AT_MOST = 2_000
"""Bytes of an answer that is no success, for the log; of a success nothing is read."""

_PIECE = 16_384
_NO_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` None: there was no answer."""

    status: int | None
    problem: str | None = None
    """None: it was taken."""
    final: bool = False
    """The same would happen again: no further try."""


class Sender:
    """``timeout_s``: for everything, from looking up the name to the answer's head."""

    def __init__(self, *, timeout_s: float, allow_private: bool = False, look_up: Resolve = resolve) -> None:
        self._timeout_s = timeout_s
        self._allow_private = allow_private
        self._look_up = look_up
        self._ssl: ssl.SSLContext | None = None

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Never raises for what the receiver does."""
        deadline = _Deadline(self._timeout_s)
        network = _Network(deadline, self._allow_private, self._look_up)
        try:
            with httpcore.ConnectionPool(
                ssl_context=self._tls() if urlsplit(url).scheme == "https" else None,
                network_backend=network,
                max_keepalive_connections=0,
            ) as pool:
                return _send(pool, url, headers, body, self._timeout_s)
        except AddressRefused as refused:
            return Answer(None, str(refused), final=True)
        except httpcore.TimeoutException:
            return Answer(None, f"no answer within {self._timeout_s:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            return Answer(None, f"{type(error).__name__}: {_readable(str(error))}")

    def _tls(self) -> ssl.SSLContext:
        if self._ssl is None:  # 20 ms, so once
            self._ssl = ssl.create_default_context(cafile=certifi.where())
        return self._ssl


def _send(
    pool: httpcore.ConnectionPool, url: str, headers: dict[str, str], body: bytes, timeout_s: float
) -> Answer:
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
    with pool.stream(
        "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": timeout}
    ) as response:
        if 200 <= response.status < 300:
            return Answer(response.status)
        text = _beginning(response.iter_stream())
    problem = f"HTTP {response.status}" + (f": {text}" if text else "")
    if 300 <= response.status < 400:
        problem = f"HTTP {response.status}: redirects are not followed; enter the address it moved to"
    return Answer(response.status, problem, final=response.status == 410)


def _beginning(stream: Iterable[bytes]) -> str:
    read = b""
    try:
        for chunk in stream:
            read += chunk
            if len(read) >= READ_AT_MOST:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        read += b" (the rest did not come)"
    return _readable(read[:READ_AT_MOST].decode("utf-8", "replace"))


def _readable(text: str) -> str:
    return text.translate(_NO_CONTROLS).strip()[:300]


class _Deadline:
    """httpcore's own timeouts are for each read: one byte every few seconds would go on for ever."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, error: type[Exception]) -> float:
        seconds = self._at - time.monotonic()
        if seconds <= 0:
            raise error
        return seconds


class _Network(httpcore.NetworkBackend):
    """Connects to addresses that were judged, and nowhere else."""

    def __init__(self, deadline: _Deadline, allow_private: bool, look_up: Resolve) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline = deadline
        self._allow_private = allow_private
        self._look_up = look_up

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = reachable(host, port, allow_private=self._allow_private, look_up=self._look_up)
        return _Stream(self._first(addresses, port), self._deadline)

    def _first(self, addresses: Sequence[str], port: int) -> httpcore.NetworkStream:
        for address in addresses[:-1]:
            try:
                # Half of what is left: an address that swallows packets must not cost the next its chance.
                seconds = self._deadline.left(httpcore.ConnectTimeout) / 2
                return self._inner.connect_tcp(address, port, timeout=seconds)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        seconds = self._deadline.left(httpcore.ConnectTimeout)
        return self._inner.connect_tcp(addresses[-1], port, timeout=seconds)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise AddressRefused("webhooks go to http and https addresses")


class _Stream(httpcore.NetworkStream):
    """A connection under the deadline. The name in the address stays what TLS is checked against."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces: the socket's own timeout is for each piece it takes, not for the whole.
        for start in range(0, len(buffer), _PIECE):
            seconds = self._deadline.left(httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _PIECE], seconds)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._deadline.left(httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
