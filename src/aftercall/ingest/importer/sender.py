"""Request bodies to the server, again and again until it answers for good."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import httpx
import msgspec

from aftercall.errors import AftercallError, InternalError, Unavailable, UserError

PATIENCE_S = 60.0
"""How long one request is tried again while the server is away or busy."""
LONGEST_WAIT_S = 8.0
_AGAIN = frozenset((408, 429, 502, 503, 504))


class Rejected(msgspec.Struct):
    position: int
    event_id: str | None = None
    code: str = ""
    reason: str = ""


class Verdict(msgspec.Struct):
    """The answer of ``POST /v1/ingest``."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = []


class _Refusal(msgspec.Struct):
    """The one error shape; ``data`` is the verdict where nothing could be accepted."""

    error_message: str = ""
    error_code: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class Sender:
    """Thread-safe. ``stop`` ends every wait for a server that is away."""

    def __init__(
        self,
        client: httpx.Client,
        project: str,
        *,
        patience_s: float = PATIENCE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._headers = {"content-type": "application/json", "x-aftercall-project": project}
        self._patience_s = patience_s
        self._monotonic = monotonic
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def send(self, body: bytes) -> Verdict:
        """Raises Unavailable after ``patience_s`` seconds in vain, UserError when the server refuses."""
        deadline = self._monotonic() + self._patience_s
        attempt = 0
        while True:
            try:
                response = self._client.post("/v1/ingest", content=body, headers=self._headers)
            except httpx.TransportError as error:
                wait, cause = _backoff(attempt), f"{type(error).__name__}: {error}"
            else:
                if response.status_code not in _AGAIN:
                    return _verdict(response)
                wait = max(_retry_after(response), _backoff(attempt))
                cause = f"it answers {response.status_code}"
            if self._monotonic() + wait > deadline or self._stopping.wait(wait):
                raise Unavailable(
                    f"the server at {self._client.base_url} cannot be reached ({cause})", code="UNREACHABLE"
                )
            attempt += 1


def _backoff(attempt: int) -> float:
    """Seconds: doubling from 0.1, half of it by chance so that several do not come back together."""
    longest = min(LONGEST_WAIT_S, 0.1 * float(1 << min(attempt, 20)))
    return longest * random.uniform(0.5, 1.0)


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("retry-after", "")
    return min(float(text), LONGEST_WAIT_S) if text.isascii() and text.isdigit() else 0.0


def _verdict(response: httpx.Response) -> Verdict:
    try:
        if response.is_success:
            return msgspec.json.decode(response.content, type=Verdict)
        refusal = msgspec.json.decode(response.content, type=_Refusal)
        if response.status_code == 422 and bytes(refusal.data) != b"null":
            return msgspec.json.decode(refusal.data, type=Verdict)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InternalError(
            f"what answers at {response.url} is no aftercall server (status {response.status_code})",
            code="WRONG_SERVER",
        ) from error
    raise _refused(response.status_code, refusal)


def _refused(status: int, refusal: _Refusal) -> AftercallError:
    kind = InternalError if status >= 500 else UserError
    return kind(refusal.error_message, code=refusal.error_code or "REFUSED", data={"status": status})
