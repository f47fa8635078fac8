"""Settings: the project's name, time zone and currency, how its numbers count, and what extraction and agents
are told. Saved by the same rules as PATCH /v1/projects/{slug}/settings."""

from __future__ import annotations

import json
import zoneinfo
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from pydantic import ValidationError

from aftercall.errors import AftercallError, InvalidInput, NotAvailable
from aftercall.llm import ModelNotConfigured
from aftercall.web.api.project_settings import changed, told
from aftercall.web.api.project_settings_models import SettingsChange
from aftercall.web.pages.forms import Form, read_form
from aftercall.web.pages.here import Editing, Here, Viewing
from aftercall.web.pages.notices import done
from aftercall.web.pages.page_route import pages_router
from aftercall.web.pages.settings.menu import LINKS

router = pages_router()
PAGE = "settings/project.html"
FIELDS = (
    "name",
    "timezone",
    "currency",
    "amount",
    "per",
    "abandons_count_as",
    "repeat_contact_days",
    "model",
    "region",
    "redact",
    "redact_prompts",
    "lost_after_minutes",
    "real_time_config",
)


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """What ``prompt_llm`` asks when it names no model; ``why_not``: it asks none."""

    name: str = ""
    endpoint: str = ""
    why_not: str | None = None


@router.get("/p/{project}/settings")
async def settings(here: Viewing) -> Response:
    return done(here.path("settings", "project"))


@router.get("/p/{project}/settings/project")
async def project(here: Viewing) -> Response:
    return await here.answer(PAGE, _project)


@router.post("/p/{project}/settings/project")
async def save(request: Request, here: Editing) -> Response:
    form = await read_form(request)
    try:
        await here.services.read(_save, here, form)
    except AftercallError as error:
        return await here.again(PAGE, _project, error, sent={name: form.text(name) for name in FIELDS})
    return done(here.path("settings", "project"), "saved")


def _project(here: Here) -> dict[str, Any]:
    stored = told(here.project)
    return {
        "title": "Settings",
        "links": LINKS,
        "stored": _as_fields(stored),
        "problems": stored["problems"],
        "zones": sorted(zoneinfo.available_timezones()),
        "model": _model(here),
    }


def _as_fields(stored: dict[str, Any]) -> dict[str, str]:
    """What stands in the form, under the names of FIELDS."""
    counting, extraction = stored["metrics"], stored["extraction"]
    saving = counting["cost_saved"]
    return {
        **{name: stored[name] for name in ("name", "timezone", "currency")},
        "amount": "" if saving is None else f"{saving['amount']:g}",
        "per": "conversation" if saving is None else saving["per"],
        "abandons_count_as": counting["abandons_count_as"],
        "repeat_contact_days": str(counting["repeat_contact_days"]),
        "model": extraction["model"] or "",
        "region": extraction["region"],
        "redact": "on" if extraction["redact"] else "",
        "redact_prompts": "on" if extraction["redact_prompts"] else "",
        "lost_after_minutes": f"{stored['lost_after_minutes']:g}",
        "real_time_config": json.dumps(stored["real_time_config"], ensure_ascii=False, indent=2),
    }


def _model(here: Here) -> ModelInUse:
    try:
        route = here.services.door.settings_of(here.project.slug)
    except (ModelNotConfigured, NotAvailable) as error:
        return ModelInUse(why_not=str(error))
    except AftercallError as error:  # a file that cannot be read: its mistake is told here
        return ModelInUse(why_not=error.message)
    return ModelInUse(route.model, route.endpoint_name)


def _save(here: Here, form: Form) -> None:
    try:
        given = SettingsChange.model_validate(_as_change(form)).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise InvalidInput(_in_words(error)) from None
    here.services.catalog.projects.change(here.project.id, lambda project: changed(project, given))


def _as_change(form: Form) -> dict[str, Any]:
    """The form as the body of the endpoint. Raises InvalidInput."""
    saving = None
    if form.text("amount").strip():
        amount = _number(form.text("amount"), "The cost of a conversation with a person")
        saving = {"amount": float(amount), "per": form.text("per")}
    return {
        "name": form.text("name").strip(),
        "timezone": form.text("timezone").strip(),
        "currency": form.text("currency").strip().upper(),
        "metrics": {
            "cost_saved": saving,
            "abandons_count_as": form.text("abandons_count_as"),
            "repeat_contact_days": _number(form.text("repeat_contact_days"), "Repeat contact"),
        },
        "extraction": {
            "model": form.text("model").strip() or None,
            "region": form.text("region").strip().upper() or None,
            "redact": form.ticked("redact"),
            "redact_prompts": form.ticked("redact_prompts"),
        },
        "lost_after_minutes": float(_number(form.text("lost_after_minutes"), "The minutes of silence")),
        "real_time_config": _config(form.text("real_time_config")),
    }


def _config(text: str) -> dict[str, Any]:
    try:
        config = json.loads(text or "{}")
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise InvalidInput('The configuration of agents must be a JSON object, such as {"open": true}.')
    return config


def _in_words(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def _number(text: str, what: str) -> int | float:
    """Raises InvalidInput. ``4,50`` is a number for half of Europe."""
    plain = text.strip().replace(",", ".")
    if len(plain) < 20 and plain.replace(".", "", 1).isdigit() and plain.isascii():
        return float(plain) if "." in plain else int(plain)
    raise InvalidInput(f"{what} must be a number, such as 4.5 or 7.")
