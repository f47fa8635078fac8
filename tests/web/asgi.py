"""One request to an application in this process, without its lifespan: nothing is opened, not even chDB."""

from __future__ import annotations

import asyncio

import httpx
from fastapi import FastAPI


def ask(app: FastAPI, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(get())
