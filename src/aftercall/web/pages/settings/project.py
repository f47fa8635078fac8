"""Settings: the project's name, time zone and currency, how its numbers count, and the model it asks."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from aftercall.errors import AftercallError, InvalidInput, NotAvailable
from aftercall.llm import ModelNotConfigured
from aftercall.metrics.settings import Settings, settings_of
from aftercall.web.pages.forms import Form, read_form
from aftercall.web.pages.here import Administering, Here, Viewing
from aftercall.web.pages.notices import done
from aftercall.web.pages.page_route import pages_router
from aftercall.web.pages.settings.menu import LINKS

router = pages_router()
PAGE = "settings/project.html"
FIELDS = ("name", "timezone", "currency", "amount", "per", "abandons_count_as", "repeat_contact_days")


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
async def save(request: Request, here: Administering) -> Response:
    form = await read_form(request)
    try:
        await here.services.read(_save, here, form)
    except AftercallError as error:
        return await here.again(PAGE, _project, error, sent={name: form.text(name) for name in FIELDS})
    return done(here.path("settings", "project"), "saved")


def _project(here: Here) -> dict[str, Any]:
    found = here.project
    counting = _counting(found.settings)
    saving = counting.cost_saved
    return {
        "title": "Settings",
        "links": LINKS,
        "stored": {
            "name": found.name,
            "timezone": found.timezone,
            "currency": found.currency,
            "amount": "" if saving is None else f"{saving.amount:g}",
            "per": "conversation" if saving is None else saving.per,
            "abandons_count_as": counting.abandons_count_as,
            "repeat_contact_days": str(counting.repeat_contact_days),
        },
        "zones": sorted(zoneinfo.available_timezones()),
        "model": _model(here),
    }


def _counting(stored: Any) -> Settings:
    """What was stored by other means may be wrong: the page to mend it must open all the same."""
    try:
        return settings_of(stored)
    except InvalidInput:
        return settings_of({})


def _model(here: Here) -> ModelInUse:
    try:
        route = here.services.door.settings_of(here.project.slug)
    except (ModelNotConfigured, NotAvailable) as error:
        return ModelInUse(why_not=str(error))
    except AftercallError as error:  # a file that cannot be read: its mistake is told here
        return ModelInUse(why_not=error.message)
    return ModelInUse(route.model, route.endpoint_name)


def _save(here: Here, form: Form) -> None:
    projects = here.services.catalog.projects
    now = projects.by_id(here.project.id)
    counting: dict[str, Any] = {
        **(now.settings.get("metrics") or {}),
        "abandons_count_as": form.text("abandons_count_as"),
        "repeat_contact_days": _number(form.text("repeat_contact_days"), "Repeat contact"),
    }
    if form.text("amount").strip():
        amount = _number(form.text("amount"), "The cost of a conversation with a person")
        counting["cost_saved"] = {"amount": amount, "per": form.text("per")}
    else:
        counting.pop("cost_saved", None)
    everything = {**now.settings, "metrics": counting}
    settings_of(everything)  # raises what is wrong with it
    projects.update(
        now.id,
        name=form.text("name").strip(),
        timezone=form.text("timezone").strip(),
        currency=form.text("currency").strip().upper(),
        settings=everything,
    )


def _number(text: str, what: str) -> int | float:
    """Raises InvalidInput. ``4,50`` is a number for half of Europe."""
    plain = text.strip().replace(",", ".")
    if len(plain) < 20 and plain.replace(".", "", 1).isdigit() and plain.isascii():
        return float(plain) if "." in plain else int(plain)
    raise InvalidInput(f"{what} must be a number, such as 4.5 or 7.")
