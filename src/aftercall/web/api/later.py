"""Parts of the contract that come with later versions: they answer 501, in the shape of every error."""

from __future__ import annotations

from fastapi import APIRouter

from aftercall.errors import NotAvailable
from aftercall.web.answers import Json
from aftercall.web.caller import Administering, Reading

router = APIRouter(tags=["Not in this version"])
PATH = "/adk/v1/accounts/{account_id}/projects/{project_id}/custom-metrics"


def _metrics_later() -> NotAvailable:
    return NotAvailable(
        "Defining metrics over the API is not in this version: they enter the registry by being written, and"
        " GET /v1/projects/{slug}/registry lists them."
    )


@router.get(PATH, summary="List custom metrics")
async def list_custom_metrics(caller: Reading, account_id: str, project_id: str) -> Json:
    raise _metrics_later()


@router.post(PATH, summary="Define a custom metric")
async def create_custom_metric(caller: Administering, account_id: str, project_id: str) -> Json:
    raise _metrics_later()


@router.get(PATH + "/export", summary="Export custom metrics")
async def export_custom_metrics(caller: Reading, account_id: str, project_id: str) -> Json:
    raise _metrics_later()


@router.post(PATH + "/import", summary="Import custom metrics")
async def import_custom_metrics(caller: Administering, account_id: str, project_id: str) -> Json:
    raise _metrics_later()


@router.patch(PATH + "/{name}", summary="Change a custom metric")
async def change_custom_metric(caller: Administering, account_id: str, project_id: str, name: str) -> Json:
    raise _metrics_later()
