"""For whoever runs the server: alive, ready, metrics. No key needed; nothing of a customer in them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from aftercall.errors import Unavailable
from aftercall.web.answers import Json
from aftercall.web.api import examples
from aftercall.web.api.documented import answers
from aftercall.web.api.models import ReadyShape, StatusShape
from aftercall.web.caller import services_of
from aftercall.web.services import Services

router = APIRouter(tags=["Operation"])


@router.get("/healthz", summary="Is the process alive?", **answers(StatusShape, examples.ALIVE))
async def healthz() -> Json:
    """Asks nothing of anything else: restart the server when this does not answer."""
    return Json({"status": "alive"})


@router.get("/readyz", summary="Can it take requests?", **answers(ReadyShape, examples.READY))
async def readyz(request: Request) -> Json:
    """200 when catalog and store answer; 503 while starting, stopping, or when one of them does not.

    Post-call work is told of, and not waited for: where it is failing, calls are taken all the same.
    """
    services = services_of(request)
    if services.state != "ready":
        raise Unavailable(f"The server is {services.state}.", code="NOT_READY")
    await services.read(_ask, services)
    return Json({"status": "ready", "postcall": services.postcall})


def _ask(services: Services) -> None:
    try:
        services.catalog.accounts.list()
        services.store.engine.command("SELECT 1")
    except Exception as error:
        raise Unavailable(f"A part does not answer ({type(error).__name__}).", code="NOT_READY") from error


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
async def metrics(request: Request) -> Response:
    """In Prometheus' text format."""
    services = services_of(request)
    services.meters.ready.set(services.state == "ready")
    return Response(await services.read(services.meters.text), media_type=CONTENT_TYPE_LATEST)
