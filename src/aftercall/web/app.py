"""The application: routers, the envelope around them, and one shape for every failure."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI

from aftercall import __version__
from aftercall.config import Config
from aftercall.web import errors, openapi
from aftercall.web.api import (
    agent_versions,
    agents,
    attempts,
    backfills,
    charts,
    conversation_view,
    conversations,
    corrections,
    custom_metrics,
    dashboards,
    deliveries,
    events,
    export,
    health,
    ingest,
    keys,
    metric_versions,
    metrics,
    postcall,
    project_settings,
    projects,
    query,
    registry,
    rejects,
    timeline,
    webhooks,
)
from aftercall.web.api.documented import ERRORS
from aftercall.web.compress import Compress
from aftercall.web.dot_ids import DotIds
from aftercall.web.envelope import Envelope
from aftercall.web.pages import routes as pages
from aftercall.web.services import Services

ROUTERS = (
    ingest,
    conversations,
    agents,
    events,
    timeline,
    corrections,
    attempts,
    postcall,
    backfills,
    rejects,
    webhooks,
    deliveries,
    agent_versions,
    projects,
    project_settings,
    keys,
    query,
    charts,
    dashboards,
    export,
    conversation_view,
    metric_versions,
    metrics,
    registry,
    custom_metrics,
    health,
    pages,
)


def create_app(config: Config, services: Services | None = None) -> FastAPI:
    """An application for any ASGI server. It opens what it needs when it starts, and closes it when it
    stops, after the last answer: everything taken is committed first. ``services`` may be open already.
    """
    services = services or Services(config)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(services.open)
        try:
            yield
        finally:
            services.stop_taking()
            await anyio.to_thread.run_sync(services.close)

    app = FastAPI(
        title="aftercall",
        version=__version__,
        description=openapi.DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        responses=ERRORS,
    )
    app.state.services = services
    for module in ROUTERS:
        app.include_router(module.router)
    errors.install(app)
    openapi.install(app)
    app.add_middleware(Compress)
    app.add_middleware(DotIds)
    app.add_middleware(Envelope, meters=services.meters)
    return app
