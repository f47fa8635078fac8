"""Ids that no URL can hold, told beside the path."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aftercall.web.dot_ids import DotIds


async def tell(request: Request) -> Response:
    return JSONResponse([request.path_params["id"], str(request.url.query)])


ROUTES = [Route("/calls/{id:path}/timeline", tell), Route("/calls/{id:path}", tell)]


def asked(path: str) -> list[str]:
    async def send() -> list[str]:
        transport = httpx.ASGITransport(DotIds(Starlette(routes=ROUTES)))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            told: list[str] = (await client.get(path)).json()
            return told

    return asyncio.run(send())


@pytest.mark.parametrize("dots", [".", ".."])
def test_they_are_told_beside_the_path(dots: str) -> None:
    assert asked(f"/calls/~/timeline?dots={dots}&a=%26") == [dots, "a=%26"]
    assert asked(f"/calls/~?dots={dots}") == [dots, ""]


@pytest.mark.parametrize(
    ("path", "id_"),
    [
        ("/calls/~/timeline", "~"),
        ("/calls/x/timeline?dots=.", "x"),
        ("/calls/~/timeline?dots=...", "~"),
        ("/calls/~/timeline?dots=.&dots=..", "~"),
        ("/calls/~/timeline?dots=%ff", "~"),
        ("/calls/a~b?dots=.", "a~b"),
    ],
)
def test_everything_else_is_as_it_stands(path: str, id_: str) -> None:
    assert asked(path)[0] == id_
