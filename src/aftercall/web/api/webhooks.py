"""Webhooks: who hears of every analysed conversation."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from aftercall.catalog.projects import Project
from aftercall.catalog.webhooks import Webhook
from aftercall.errors import NotFound
from aftercall.model.times import iso
from aftercall.web.answers import Json, encoder
from aftercall.web.api import postcall_examples as examples
from aftercall.web.api.documented import answers
from aftercall.web.api.postcall_models import (
    WebhookSecretShape,
    WebhookShape,
    WebhooksShape,
    WebhookTestShape,
)
from aftercall.web.caller import Administering, Caller, ProjectHeader

router = APIRouter(tags=["Webhooks"])
ONE = "/v1/webhooks/{webhook_id}"


class NewWebhook(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://crm.example.com/hooks/aftercall", "name": "CRM"}]},
    )

    url: str
    name: str | None = Field(None, description="Default its host.")
    secret: str | None = Field(None, description="16 to 200 characters. Without one it is made.")


class Changes(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"active": False}]})

    url: str | None = None
    name: str | None = None
    active: bool | None = None


class NewSecret(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    secret: str | None = Field(None, description="16 to 200 characters. Without one it is made.")


@router.get("/v1/webhooks", summary="List webhooks", **answers(WebhooksShape, examples.WEBHOOKS))
async def list_webhooks(caller: Administering, project: ProjectHeader = None) -> Json:
    """The oldest first; never their secrets. Scope: `admin`."""
    return await caller.answer(_list, project)


def _list(caller: Caller, header: str | None) -> dict[str, Any]:
    project = caller.chosen_project(header)
    return {"webhooks": [_shown(one, project) for one in caller.services.catalog.webhooks.list(project.id)]}


@router.post(
    "/v1/webhooks", summary="Make a webhook", **answers(WebhookSecretShape, examples.NEW_WEBHOOK, 201)
)
async def create_webhook(caller: Administering, new: NewWebhook, project: ProjectHeader = None) -> Json:
    """It hears of calls that are analysed from now on. The answer holds the secret, this once.

    Scope: `admin`.
    """
    made = await caller.answer(_create, project, new)
    made.status_code = 201
    return made


def _create(caller: Caller, header: str | None, new: NewWebhook) -> dict[str, Any]:
    project = caller.chosen_project(header)
    made = caller.services.catalog.webhooks.create(project.id, new.url, name=new.name, secret=new.secret)
    return {**_shown(made, project), "secret": made.secret}


@router.get(ONE, summary="One webhook", **answers(WebhookShape, examples.WEBHOOK))
async def get_webhook(caller: Administering, webhook_id: int, project: ProjectHeader = None) -> Json:
    """Scope: `admin`."""
    return await caller.answer(_get, project, webhook_id)


def _get(caller: Caller, header: str | None, webhook_id: int) -> dict[str, Any]:
    project = caller.chosen_project(header)
    return _shown(_own(caller, project, webhook_id), project)


@router.patch(ONE, summary="Change a webhook", **answers(WebhookShape, examples.WEBHOOK))
async def change_webhook(
    caller: Administering, webhook_id: int, changes: Changes, project: ProjectHeader = None
) -> Json:
    """What is left out stays as it is. Scope: `admin`."""
    return await caller.answer(_change, project, webhook_id, changes)


def _change(caller: Caller, header: str | None, webhook_id: int, changes: Changes) -> dict[str, Any]:
    project = caller.chosen_project(header)
    hook = _own(caller, project, webhook_id)
    changed = caller.services.catalog.webhooks.update(
        hook.id, url=changes.url, name=changes.name, active=changes.active
    )
    return _shown(changed, project)


@router.post(
    ONE + "/secret", summary="Give it a new secret", **answers(WebhookSecretShape, examples.NEW_WEBHOOK)
)
async def change_secret(
    caller: Administering, webhook_id: int, new: NewSecret | None = None, project: ProjectHeader = None
) -> Json:
    """The old one stops at once: every try from now on is signed with this one, which the answer holds,
    this once. Scope: `admin`.
    """
    return await caller.answer(_secret, project, webhook_id, None if new is None else new.secret)


def _secret(caller: Caller, header: str | None, webhook_id: int, secret: str | None) -> dict[str, Any]:
    project = caller.chosen_project(header)
    hook = _own(caller, project, webhook_id)
    changed = caller.services.catalog.webhooks.renew(hook.id, secret)
    return {**_shown(changed, project), "secret": changed.secret}


@router.delete(ONE, summary="Remove a webhook", **answers(WebhookShape, examples.WEBHOOK))
async def remove_webhook(caller: Administering, webhook_id: int, project: ProjectHeader = None) -> Json:
    """With its log of deliveries; `active: false` keeps it. What is under way may still arrive.

    Scope: `admin`.
    """
    return await caller.answer(_remove, project, webhook_id)


def _remove(caller: Caller, header: str | None, webhook_id: int) -> dict[str, Any]:
    project = caller.chosen_project(header)
    hook = _own(caller, project, webhook_id)
    return _shown(caller.services.catalog.webhooks.remove(hook.id), project)


@router.post(ONE + "/test", summary="Send it a test", **answers(WebhookTestShape, examples.WEBHOOK_TEST))
async def test_webhook(caller: Administering, webhook_id: int, project: ProjectHeader = None) -> Json:
    """A signed `webhook.test`, sent now; the answer says what became of it. Scope: `admin`."""
    return Json(await caller.services.aside(lambda: encoder.encode(_test(caller, project, webhook_id))))


def _test(caller: Caller, header: str | None, webhook_id: int) -> dict[str, Any]:
    project = caller.chosen_project(header)
    answer = caller.services.jobs.try_webhook(_own(caller, project, webhook_id))
    return {
        "delivered": answer.problem is None,
        "response_code": answer.status,
        "error": answer.problem,
    }


def _own(caller: Caller, project: Project, webhook_id: int) -> Webhook:
    """Raises NotFound for one that is not there, or of another project."""
    hook = caller.services.catalog.webhooks.get(webhook_id)
    if hook.project_id != project.id:
        raise NotFound(f"there is no webhook with the id {webhook_id}", code="WEBHOOK_NOT_FOUND")
    return hook


def _shown(hook: Webhook, project: Project) -> dict[str, Any]:
    return {
        "id": hook.id,
        "project_id": project.slug,
        "name": hook.name,
        "url": hook.url,
        "active": hook.active,
        "created_at": iso(hook.created_at),
        "updated_at": iso(hook.updated_at),
    }
