"""A project's settings: its days and money, how its numbers count, what agent and extraction are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from aftercall.catalog.projects import Project
from aftercall.catalog.text import encode_json
from aftercall.errors import InvalidInput
from aftercall.jobs.settings import lost_after_ms
from aftercall.metrics.settings import Settings, settings_of
from aftercall.web.answers import Json
from aftercall.web.api.documented import answers
from aftercall.web.api.project_settings_models import EXAMPLE, ProjectSettingsShape, SettingsChange
from aftercall.web.caller import Caller, Editing

router = APIRouter(tags=["Projects"])
PATH = "/v1/projects/{slug}/settings"
LONGEST_CONFIG = 65_536
"""Characters of real_time_config as JSON: it goes with every call's post-call work."""

_MERGED = ("metrics", "extraction")
"""Settings whose parts are changed one by one; all others are replaced whole."""
_COLUMNS = ("name", "timezone", "currency")
_DEFAULT: Mapping[str, Any] = {"model": None, "region": "US", "redact": True, "redact_prompts": False}


@router.get(PATH, summary="A project's settings", **answers(ProjectSettingsShape, EXAMPLE))
async def get_settings(caller: Editing, slug: str) -> Json:
    """What was never set has its default. Scope: `edit`."""
    return await caller.answer(_get, slug)


def _get(caller: Caller, slug: str) -> dict[str, Any]:
    return told(caller.project(slug))


@router.patch(PATH, summary="Change a project's settings", **answers(ProjectSettingsShape, EXAMPLE))
async def change_settings(caller: Editing, slug: str, change: SettingsChange) -> Json:
    """What is left out stays as it is, in `metrics` and `extraction` too; null puts the default back.
    `real_time_config` is replaced whole. Scope: `edit`.
    """
    return await caller.answer(_change, slug, change)


def _change(caller: Caller, slug: str, change: SettingsChange) -> dict[str, Any]:
    given = change.model_dump(exclude_unset=True)
    projects = caller.services.catalog.projects
    return told(projects.change(caller.project(slug).id, lambda project: changed(project, given)))


def changed(project: Project, given: Mapping[str, Any]) -> dict[str, Any]:
    """The project's new fields. ``given`` is JSON as the endpoint takes it. Raises InvalidInput."""
    for field in _COLUMNS:
        if field in given and given[field] is None:
            raise InvalidInput(f'"{field}": cannot be null; leave it out.', code="INVALID_BODY")
    settings = dict(project.settings)
    for field, value in given.items():
        if field not in _COLUMNS:
            _put(settings, field, value)
    settings_of(settings)
    if len(encode_json(settings.get("real_time_config", {}), '"real_time_config"')) > LONGEST_CONFIG:
        raise InvalidInput(
            f'"real_time_config" has more than {LONGEST_CONFIG:,} characters as JSON.', code="INVALID_BODY"
        )
    return {name: given[name] for name in _COLUMNS if name in given} | {"settings": settings}


def _put(settings: dict[str, Any], field: str, value: Any) -> None:
    if field in _MERGED and value is not None:
        stored = settings.get(field)
        both = {**(stored if isinstance(stored, Mapping) else {}), **value}
        value = {name: one for name, one in both.items() if one is not None}
    if value is None:
        settings.pop(field, None)
    else:
        settings[field] = value


def told(project: Project) -> dict[str, Any]:
    """Every setting, as the endpoint answers it."""
    problems: list[str] = []
    settings = project.settings
    extraction = settings.get("extraction")
    config = settings.get("real_time_config")
    return {
        "project_id": project.slug,
        "name": project.name,
        "timezone": project.timezone,
        "currency": project.currency,
        "metrics": _counting(settings, problems).model_dump(),
        "real_time_config": config if isinstance(config, Mapping) else {},
        "extraction": {**_DEFAULT, **(extraction if isinstance(extraction, Mapping) else {})},
        "lost_after_minutes": (lost_after_ms(project) or 0) / 60_000,
        "problems": problems,
    }


def _counting(settings: Mapping[str, Any], problems: list[str]) -> Settings:
    """What was stored by other means may be wrong: whoever mends it must be able to see the rest."""
    try:
        return settings_of(settings)
    except InvalidInput as error:
        problems.append(error.message)
        return settings_of({})
