"""A network, a clock and settings in the test's hands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from aftercall.sdk.settings import Settings, read_settings
from aftercall.sdk.spool import NewChunk
from aftercall.sdk.transport import Unreachable
from aftercall.sdk.verdict import Answer

Respond = Callable[[str, list[dict[str, Any]]], "Answer | None"]


def acknowledged(count: int, *rejected: int) -> Answer:
    verdicts = [{"position": at, "code": "BAD", "reason": "no"} for at in rejected]
    told = {"accepted": count - len(rejected), "duplicates": 0, "rejected": verdicts}
    return Answer(200, {}, msgspec.json.encode(told))


def refused(status: int, code: str = "", **headers: str) -> Answer:
    told = {"success": False, "error_code": code, "error_message": "because"}
    return Answer(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, msgspec.json.encode(told)
    )


class FakeTransport:
    """``respond(project, events)`` answers; None means nobody is there. ``sent`` lists what was accepted."""

    def __init__(self, respond: Respond = lambda project, events: acknowledged(len(events))) -> None:
        self.respond = respond
        self.requests: list[tuple[str, list[dict[str, Any]]]] = []

    def post(self, project: str, body: bytes) -> Answer:
        events = msgspec.json.decode(body)["events"]
        self.requests.append((project, events))
        answer = self.respond(project, events)
        if answer is None:
            raise Unreachable("nobody is there")
        return answer

    def sizes(self) -> list[int]:
        return [len(events) for _, events in self.requests]

    def close(self) -> None: ...

    def forget(self) -> None: ...


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def settings_in(folder: Path, **options: Any) -> Settings:
    told = {"url": "http://127.0.0.1:1", "api_key": "k", **options}
    return read_settings(
        told.pop("url"), told.pop("api_key"), told.pop("project", None), folder, "production", told
    )


def event(number: int, size: int = 0) -> bytes:
    return msgspec.json.encode({"kind": "metric", "id": f"e{number}", "pad": "x" * size})


def chunk(*numbers: int, project: str = "p", size: int = 0) -> NewChunk:
    return NewChunk(project, len(numbers), b",\n".join(event(number, size) for number in numbers))
