"""One request to the server. httpx is imported here, when first needed: it takes a tenth of a second."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from aftercall import __version__
from aftercall.sdk.settings import Destination, Settings
from aftercall.sdk.verdict import Answer

if TYPE_CHECKING:
    import httpx


_LOOPBACK = re.compile(r"https?://(localhost|127\.[\d.]+|\[::1\])(:|/|$)")


class Unreachable(Exception):
    """No answer: refused, reset, timed out, no such host, bad certificate..."""


class Misconfigured(Exception):
    """There can be no answer: this is no URL, or no text that can stand in a header."""


class Transport(Protocol):
    """What the sender needs of the network; tests put a function in its place."""

    def post(self, project: str, body: bytes) -> Answer:
        """Raises Unreachable when there is no answer, Misconfigured when there can be none."""

    def close(self) -> None: ...

    def forget(self) -> None:
        """After a fork: the connections are the parent's."""


class HttpTransport:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: httpx.Client | None = None
        self._url = ""

    def post(self, project: str, body: bytes) -> Answer:
        import httpx

        destination = self._settings.destination()
        try:
            client = self._open(destination)
            response = client.post(
                f"{destination.url}/v1/ingest",
                content=self._pack(body),
                headers=self._headers(destination, project),
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, ValueError) as error:
            raise Misconfigured(f"{destination.url}: {type(error).__name__}: {error}") from error
        except (httpx.HTTPError, OSError) as error:
            raise Unreachable(f"{destination.url}: {type(error).__name__}: {error}") from error
        return Answer(response.status_code, response.headers, response.content)

    def _open(self, destination: Destination) -> httpx.Client:
        import httpx

        if self._client is None or self._url != destination.url:
            self.close()
            # Certificates are only read for https: that takes longer than everything else here together.
            self._client = httpx.Client(
                timeout=httpx.Timeout(self._settings.timeout, connect=5.0),
                verify=destination.url.startswith("https:"),
                trust_env=not _LOOPBACK.match(destination.url),  # no proxy stands before this machine
                limits=httpx.Limits(max_connections=2, keepalive_expiry=30.0),
            )
            self._url = destination.url
        return self._client

    def _pack(self, body: bytes) -> bytes:
        if not self._settings.gzip:
            return body
        import gzip

        return gzip.compress(body, 5)

    def _headers(self, destination: Destination, project: str) -> dict[str, str]:
        headers = {"content-type": "application/json", "user-agent": f"aftercall-sdk/{__version__}"}
        if self._settings.gzip:
            headers["content-encoding"] = "gzip"
        if destination.api_key:
            headers["x-api-key"] = destination.api_key
        if project:
            headers["x-aftercall-project"] = project
        return headers

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def forget(self) -> None:
        self._client = None
