"""No model but the double on loopback, and time that only moves when somebody sleeps."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from aftercall.llm import Door
from aftercall.testing.model_endpoint import ModelEndpoint

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request to anywhere else fails where it starts: no test may cost money or tell anybody anything."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    def guarded_resolve(host: Any, *arguments: Any, **named: Any) -> Any:
        if host not in LOOPBACK:
            raise AssertionError(f"a test tried to look up {host}")
        return resolve(host, *arguments, **named)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)
    for name in [name for name in os.environ if name.startswith(("AFTERCALL_LLM", "OPENAI", "ANTHROPIC"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with ModelEndpoint() as running:
        yield running


class FakeTime:
    """Seconds that pass by sleeping; ``slept`` has every sleep."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time_() -> FakeTime:
    return FakeTime()


OpenDoor = Callable[..., Door]


@pytest.fixture
def open_door(endpoint: ModelEndpoint, tmp_path: Path, time_: FakeTime) -> Iterator[OpenDoor]:
    """``open_door(concurrency=2, daily_spend_cap=1, redact=...)``: every name is the double's, no jitter."""
    doors: list[Door] = []

    def open_(*, real_time: bool = False, redact: Callable[[str], str] | None = None, **given: Any) -> Door:
        options: dict[str, Any] = {} if redact is None else {"redact": redact}
        if not real_time:
            options.update(clock=time_.clock, sleep=time_.sleep)
        door = Door(tmp_path, config=config_for(endpoint, **given), rng=lambda: 0.0, **options)
        doors.append(door)
        return door

    yield open_
    for door in doors:
        door.close()


def config_for(endpoint: ModelEndpoint, **given: Any) -> dict[str, Any]:
    """What is no field of a model or of the whole file is the endpoint's."""
    whole: dict[str, Any] = {
        key: given.pop(key) for key in ("daily_spend_cap", "projects", "cache") if key in given
    }
    prices = ("input_price", "output_price", "max_output_tokens", "temperature")
    model = {key: given.pop(key) for key in prices if key in given}
    models = {"*": {"endpoint": "double", **model}}
    return {"endpoints": {"double": {"base_url": endpoint.url, **given}}, "models": models, **whole}


@pytest.fixture
def start_python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Runs code in a process of its own, given arguments; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *(str(argument) for argument in arguments)]
        process = subprocess.Popen(
            command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, env={**os.environ, **(env or {})}
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def finished(process: subprocess.Popen[str]) -> str:
    """Its output, once it ended well."""
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output
