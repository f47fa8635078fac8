"""Compressed answers: JSON of some length, for who asks for it, and nothing else."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from aftercall.web.compress import IN_PLACE_BYTES, LEAST_BYTES, Compress


async def answer(request: Request) -> Response:
    kind, length = request.query_params["kind"], int(request.query_params["length"])
    text = "x" * length
    if kind == "stream":

        async def pieces() -> AsyncIterator[bytes]:
            yield json.dumps(text).encode()

        return StreamingResponse(pieces(), media_type="application/json")
    if kind == "packed":
        packed = gzip.compress(b"{}" * length)
        return Response(packed, headers={"content-encoding": "gzip"}, media_type="application/json")
    return JSONResponse(text) if kind == "json" else Response(text, media_type="text/csv")


def ask(kind: str, length: int, encoding: str = "gzip, br", method: str = "GET") -> httpx.Response:
    async def send() -> httpx.Response:
        app = Compress(Starlette(routes=[Route("/", answer)]))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            query = {"kind": kind, "length": length}
            return await client.request(method, "/", params=query, headers={"accept-encoding": encoding})

    return asyncio.run(send())


@pytest.mark.parametrize("length", [LEAST_BYTES, IN_PLACE_BYTES * 10])
def test_json_is_compressed(length: int) -> None:
    told = ask("json", length)
    assert told.json() == "x" * length
    assert told.headers["content-encoding"] == "gzip"
    assert told.headers["vary"] == "Accept-Encoding"
    assert int(told.headers["content-length"]) < length / 10


@pytest.mark.parametrize(
    ("kind", "length", "encoding"),
    [
        ("json", LEAST_BYTES - 10, "gzip"),
        ("json", 9_000, "identity"),
        ("csv", 9_000, "gzip"),
        ("stream", 9_000, "gzip"),
    ],
)
def test_everything_else_stays_as_it_is(kind: str, length: int, encoding: str) -> None:
    told = ask(kind, length, encoding)
    assert "content-encoding" not in told.headers
    assert len(told.content) >= length


def test_what_is_compressed_already_is_not_compressed_twice() -> None:
    assert ask("packed", 5_000).text == "{}" * 5_000
