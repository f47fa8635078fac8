"""One request to a webhook: where it may go, and what a receiver can do to us."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.jobs.address import AddressRefused, is_public, reachable
from aftercall.jobs.sender import Sender
from aftercall.jobs.signature import sign
from tests.jobs.receiver import Receiver, Request, receiver, status

TIMEOUT_S = 1.0


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def sender() -> Sender:
    return Sender(timeout_s=TIMEOUT_S, allow_private=True)


def test_the_signature_is_what_the_documentation_says() -> None:
    """As a receiver would work it out; the value is from `openssl dgst -sha256 -hmac`."""
    assert sign("whsec_1", 1_772_000_000, b'{"a":1}') == (
        "01f7b943039a9221946c93d8b4f2c6ba621babb5962a2ec055d0c1d8101bbfef"
    )


def test_a_request_arrives_as_it_was_sent(server: Receiver, sender: Sender) -> None:
    answer = sender.post(server.url + "?a=1", {"content-type": "application/json", "x-a": "b"}, b"{}")
    assert (answer.status, answer.problem) == (204, None)
    [request] = server.requests
    assert (request.path, request.body, request.headers["x-a"]) == ("/hook?a=1", b"{}", "b")
    assert request.headers["host"] == server.url.split("/")[2]


@pytest.mark.parametrize("code", [400, 404, 429, 500, 503])
def test_what_is_no_success_is_told_with_the_beginning_of_its_answer(
    server: Receiver, sender: Sender, code: int
) -> None:
    server.script = status(code, b"<b>no\r\n\x1b[31m" + b"x" * 100_000)
    answer = sender.post(server.url, {}, b"")
    assert (answer.status, answer.final) == (code, False)
    assert answer.problem is not None
    assert answer.problem.startswith(f"HTTP {code}: <b>no")
    assert len(answer.problem) < 400
    assert answer.problem.isprintable()


def test_gone_means_gone(server: Receiver, sender: Sender) -> None:
    server.script = status(410)
    assert sender.post(server.url, {}, b"").final is True


def test_redirects_are_not_followed_wherever_they_lead(server: Receiver, sender: Sender) -> None:
    with receiver() as inside:
        server.script = status(307, location=inside.url)
        answer = sender.post(server.url, {}, b"secret")
        assert inside.requests == []
    assert answer.status == 307
    assert answer.problem is not None and "redirects are not followed" in answer.problem


def drip(handler: BaseHTTPRequestHandler, _: Request) -> None:
    """A header that never ends, a byte at a time: each read in itself is quick."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    for _ in range(600):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def endless(handler: BaseHTTPRequestHandler, code: int) -> None:
    handler.wfile.write(b"HTTP/1.1 %d X\r\ntransfer-encoding: chunked\r\n\r\n" % code)
    while True:
        handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def test_nobody_keeps_us_longer_than_the_deadline(server: Receiver, sender: Sender) -> None:
    hold = threading.Event()
    server_is_silent: Callable[..., None] = lambda handler, request: hold.wait(30)  # noqa: E731
    for script in (drip, server_is_silent):
        server.script = script  # type: ignore[assignment]
        began = time.monotonic()
        answer = sender.post(server.url, {}, b"")
        assert answer.problem == "no answer within 1 s"
        assert time.monotonic() - began < TIMEOUT_S + 1
    hold.set()


@pytest.mark.parametrize("code", [200, 500])
def test_an_endless_answer_is_not_read_to_its_end(server: Receiver, sender: Sender, code: int) -> None:
    server.script = lambda handler, _: endless(handler, code)
    answer = sender.post(server.url, {}, b"")
    assert answer.status == code
    assert (answer.problem is None) == (code == 200)


def test_a_receiver_that_takes_nothing_of_a_large_body() -> None:
    sender = Sender(timeout_s=TIMEOUT_S, allow_private=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        answer = sender.post(f"http://127.0.0.1:{listener.getsockname()[1]}/", {}, b"x" * 50_000_000)
        assert answer.problem == "no answer within 1 s"
        assert time.monotonic() - began < TIMEOUT_S + 1


@pytest.mark.parametrize(
    "said", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", b"\x00" * 1000]
)
def test_what_is_no_http(server: Receiver, sender: Sender, said: bytes) -> None:
    server.script = lambda handler, _: handler.wfile.write(said) and None
    answer = sender.post(server.url, {}, b"")
    assert (answer.status, answer.final) == (None, False)
    assert answer.problem


def test_nobody_there(sender: Sender) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "ConnectError" in str(sender.post(f"http://127.0.0.1:{port}/", {}, b"").problem)


def test_an_https_address_is_spoken_to_in_tls(server: Receiver, sender: Sender) -> None:
    answer = sender.post(server.url.replace("http:", "https:"), {}, b"")
    assert answer.problem is not None and "ConnectError" in answer.problem
    assert server.requests == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0.0.0.0", "[::ffff:127.0.0.1]", "127.1"],
)
def test_the_inside_is_refused_however_it_is_written(server: Receiver, host: str) -> None:
    answer = Sender(timeout_s=TIMEOUT_S).post(f"http://{host}:{server.server_address[1]}/", {}, b"secret")
    assert (answer.status, answer.final, server.connections) == (None, True, 0)
    assert answer.problem is not None and "AFTERCALL_WEBHOOK_ALLOW_PRIVATE" in answer.problem


def test_the_address_that_was_judged_is_the_one_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that is public when looked up and inside a moment later: it is looked up once."""
    connected: list[str] = []

    def connect(self: object, host: str, port: int, **_: object) -> httpcore.NetworkStream:
        connected.append(host)
        raise httpcore.ConnectError("not from a test")

    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    sender = Sender(timeout_s=TIMEOUT_S, look_up=lambda host, port: next(answers))
    assert "ConnectError" in str(sender.post("https://rebind.example/", {}, b"secret").problem)
    assert connected == ["93.184.216.34"]


def test_the_next_address_is_tried_when_one_does_not_answer(server: Receiver) -> None:
    sender = Sender(timeout_s=TIMEOUT_S, allow_private=True, look_up=lambda h, p: ["127.0.0.2", "127.0.0.1"])
    port = server.server_address[1]  # nobody listens on it at 127.0.0.2
    assert sender.post(f"http://two.example:{port}/hook", {}, b"").status == 204
    assert server.requests[0].headers["host"] == f"two.example:{port}"


INSIDE = [
    *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1"),
    *("172.31.255.255", "192.168.1.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1"),
    *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "100::1", "2001:db8::1"),
    *("2002:7f00:1::", "2002:a00:1::", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "ff02::1"),
    "nonsense",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_are_inside(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(AddressRefused):
        reachable("x", 443, allow_private=False, look_up=lambda host, port: [address])


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_addresses_that_are_outside(address: str) -> None:
    assert is_public(address)


def test_of_several_addresses_only_the_outer_ones_are_used() -> None:
    found = reachable("x", 80, allow_private=False, look_up=lambda h, p: ["10.0.0.1", "1.1.1.1", "::1"])
    assert found == ["1.1.1.1"]


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7"))
def test_no_private_address_gets_through(address: object) -> None:
    assert not is_public(str(address))
