"""API keys. An administrator of one project sees and makes keys of that project only."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from aftercall.catalog.keys import ApiKey
from aftercall.catalog.principal import Scope
from aftercall.errors import Forbidden, NotFound
from aftercall.model.times import iso
from aftercall.web.answers import Json
from aftercall.web.api import examples
from aftercall.web.api.documented import answers
from aftercall.web.api.models import KeyShape, KeysShape, NewKeyShape
from aftercall.web.caller import Administering, Caller

router = APIRouter(tags=["Keys"])


class NewKey(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "dental agent", "scopes": ["ingest"], "project": "dental"}]},
    )

    name: str
    scopes: list[Scope] = Field(min_length=1, max_length=10)
    project: str | None = Field(None, description="Slug; without it the key is for the whole account.")


@router.get("/v1/keys", summary="List keys", **answers(KeysShape, examples.KEYS))
async def list_keys(caller: Administering) -> Json:
    """The oldest first, revoked ones included; never the keys themselves. Scope: `admin`."""
    return await caller.answer(_list)


def _list(caller: Caller) -> dict[str, Any]:
    return {"keys": [_shown(one) for one in _own(caller)]}


@router.post("/v1/keys", summary="Make a key", **answers(NewKeyShape, examples.NEW_KEY, 201))
async def create_key(caller: Administering, new: NewKey) -> Json:
    """The answer holds the key itself, this once. Scope: `admin`."""
    made = await caller.answer(_create, new)
    made.status_code = 201
    return made


def _create(caller: Caller, new: NewKey) -> dict[str, Any]:
    own = caller.principal
    if own.project_slug is not None and new.project != own.project_slug:
        raise Forbidden(
            f'This key can only make keys for its own project: send "project": "{own.project_slug}".'
        )
    project = None if new.project is None else caller.project(new.project).slug
    key, plaintext = caller.services.catalog.keys.create(
        new.name, new.scopes, project=project, account=own.account_slug
    )
    return {**_shown(key), "key": plaintext}


@router.delete("/v1/keys/{key_id}", summary="Revoke a key", **answers(KeyShape, examples.KEY))
async def revoke_key(caller: Administering, key_id: int) -> Json:
    """It stops at once on this server, and within 5 seconds on every other. Scope: `admin`."""
    return await caller.answer(_revoke, key_id)


def _revoke(caller: Caller, key_id: int) -> dict[str, Any]:
    if key_id not in {one.id for one in _own(caller)}:
        raise NotFound(f"There is no key with the id {str(key_id)[:40]}.", code="KEY_NOT_FOUND")
    return _shown(caller.services.catalog.keys.revoke(key_id, account=caller.principal.account_slug))


def _own(caller: Caller) -> list[ApiKey]:
    """Those this administrator answers for."""
    own = caller.principal
    keys = caller.services.catalog.keys.list(account=own.account_slug)
    return [one for one in keys if own.project_slug in (None, one.project_slug)]


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "prefix": key.prefix,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "project": key.project_slug,
        "created_at": iso(key.created_at),
        "last_used_at": None if key.last_used_at is None else iso(key.last_used_at),
        "revoked_at": None if key.revoked_at is None else iso(key.revoked_at),
    }
