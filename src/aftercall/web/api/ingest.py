"""POST /v1/ingest."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

from fastapi import APIRouter, Request

from aftercall.errors import Unavailable
from aftercall.ingest.intake import Receipt, receive
from aftercall.ingest.unpack import unpack
from aftercall.store.shard import Verdict
from aftercall.web.answers import Json
from aftercall.web.api import examples
from aftercall.web.api.documented import answers, takes
from aftercall.web.api.models import IngestShape
from aftercall.web.caller import Caller, PresentedKey, ProjectHeader, authenticate, services_of

router = APIRouter(tags=["Ingest"])

BATCH = {"$ref": "#/components/schemas/BatchEvent"}


@router.post(
    "/v1/ingest",
    summary="Send events",
    openapi_extra=takes(BATCH, examples.EVENTS_IN),
    **answers(IngestShape, examples.INGESTED),
)
async def ingest(request: Request, key: PresentedKey, project: ProjectHeader = None) -> Json:
    """Each event is judged on its own: the good ones are on disk and visible when the answer comes, the
    others are listed with the reason, and kept under /v1/rejects. Send an `id` with each event; then
    sending again after a failure changes nothing.

    Scope: `ingest` (and `admin` for events of kind `erasure`).
    """
    services = services_of(request)
    caller = await services.take(authenticate, services, key, "ingest")
    body = await request.body()
    encoding = request.headers.get("content-encoding", "").strip().lower()
    receipt = await services.take(_receive, caller, project, body, encoding)
    answer = receipt.answer(await verdicts_of(receipt.futures))
    services.meters.count(answer)
    return Json(answer.raise_if_nothing())


def _receive(caller: Caller, header: str | None, body: bytes, encoding: str) -> Receipt:
    project = caller.chosen_project(header)
    return receive(caller.services.store, project.id, unpack(body, encoding), may_erase=caller.may("admin"))


async def verdicts_of(futures: list[Future[Verdict]]) -> list[Verdict]:
    """Raises Unavailable if any part could not be committed: sending all of it again is safe."""
    # Shielded, because a cancelled wait would cancel the committer's own future under its hands.
    waits = [asyncio.shield(asyncio.wrap_future(future)) for future in futures]
    verdicts: list[Verdict] = []
    failure: BaseException | None = None
    for outcome in await asyncio.gather(*waits, return_exceptions=True):
        if isinstance(outcome, BaseException):
            failure = outcome
        else:
            verdicts.append(outcome)
    if failure is not None:
        raise (
            failure
            if isinstance(failure, Unavailable)
            else Unavailable("A part of the events could not be stored: send all of them again.")
        ) from failure
    return verdicts
