"""A person's word on a metric: a value of source ``human``, which wins over every other; the rest is kept."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from aftercall.catalog.projects import Project
from aftercall.errors import NotFound, Unprocessable
from aftercall.ingest.explain import shown
from aftercall.ingest.intake import Receipt, hand_over
from aftercall.ingest.judge import Judge
from aftercall.model.events import Metric
from aftercall.model.ids import new_id
from aftercall.model.times import now_ms
from aftercall.model.values import NotCoercible, coerce, is_value
from aftercall.store.reader import Found
from aftercall.web.answers import Json
from aftercall.web.api.agents import no_conversation
from aftercall.web.api.documented import answers
from aftercall.web.api.ingest import verdicts_of
from aftercall.web.api.models import Shape
from aftercall.web.caller import Caller, PresentedKey, authenticate, services_of

router = APIRouter(tags=["Conversations"])
PATH = "/v1/conversations/{project}/{conversation_id:path}/corrections"
LONGEST_NOTE = 2_000


class Correction(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"metric": "APPOINTMENT_BOOKED", "value": False, "note": "The caller declined."}]
        },
    )

    metric: str = Field(min_length=1, max_length=200)
    value: bool | int | float | str | None = Field(
        description="As the metric's type; null: nothing is known."
    )
    note: str | None = Field(None, max_length=LONGEST_NOTE, description="Why.")


class CorrectionShape(Shape):
    conversation_id: str
    project_id: str
    metric: str
    event_id: str = Field(description="Of the correction, by which it can be taken back.")


CORRECTED = {
    "conversation_id": "call-7f3a",
    "project_id": "dental",
    "metric": "APPOINTMENT_BOOKED",
    "event_id": "018f0c3e-human",
}


@router.post(PATH, summary="Correct a metric", **answers(CorrectionShape, CORRECTED, 201))
async def correct(
    request: Request, key: PresentedKey, project: str, conversation_id: str, correction: Correction
) -> Json:
    """What is known better than the agent or an extraction knew it. It becomes the metric's value; what they
    said stays in its history. The answer comes when it is on disk and in every number.

    Scope: `edit`.
    """
    services = services_of(request)
    caller = await services.read(authenticate, services, key, "edit")
    found = await services.read(_found, caller, project, conversation_id)
    event = await services.read(_event, caller, found[0], conversation_id, correction)
    await _commit(caller, found[0], event)
    made = Json(
        {
            "conversation_id": conversation_id,
            "project_id": project,
            "metric": correction.metric,
            "event_id": event["id"],
        }
    )
    made.status_code = 201
    return made


@router.delete(PATH + "/{event_id}", summary="Take a correction back", **answers(CorrectionShape, CORRECTED))
async def take_back(
    request: Request, key: PresentedKey, project: str, conversation_id: str, event_id: str
) -> Json:
    """The metric has the value again that it had before. Scope: `edit`."""
    services = services_of(request)
    caller = await services.read(authenticate, services, key, "edit")
    within, found = await services.read(_found, caller, project, conversation_id)
    metric = _correction(found, event_id)
    await _commit(caller, within, _human(conversation_id, "retraction", caller, target=event_id))
    return Json(
        {"conversation_id": conversation_id, "project_id": project, "metric": metric, "event_id": event_id}
    )


def _found(caller: Caller, slug: str, conversation_id: str) -> tuple[Project, Found]:
    project = caller.project(slug)
    found = caller.services.store.reader.get(project.id, conversation_id)
    if found is None:
        raise no_conversation(conversation_id, slug)
    return project, found


def _event(caller: Caller, project: Project, conversation_id: str, correction: Correction) -> dict[str, Any]:
    """Raises Unprocessable where the value does not fit: an agent's is kept as invalid, a person is told."""
    metric = caller.services.store.registries.of(project.id).by_name.get(correction.metric)
    if metric is not None and correction.value is not None:
        try:
            coerce(correction.value, metric.type, metric.options)
        except NotCoercible as fault:
            raise Unprocessable(
                f"{shown(correction.metric, 80)} is {metric.type}: {fault}.", code="VALUE_INVALID"
            ) from None
    if correction.value is not None and not is_value(correction.value):
        raise Unprocessable("A metric's value is a boolean, a finite number or a text.", code="VALUE_INVALID")
    lineage = {"note": correction.note} if correction.note else {}
    return _human(conversation_id, "metric", caller, lineage, name=correction.metric, value=correction.value)


def _human(
    conversation_id: str, kind: str, caller: Caller, lineage: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    who = caller.principal
    by = {"key": who.key_id} if who.person_id is None else {"person": who.person_id}
    return {
        "kind": kind,
        "conversation_id": conversation_id,
        "id": f"{new_id()}-human",
        "at": now_ms(),
        "source": "human",
        "lineage": {**by, **(lineage or {})},
        **fields,
    }


def _correction(found: Found, event_id: str) -> str:
    """The metric it is of. Raises NotFound: what agents said is not taken back this way."""
    for one in found.events:
        if one.event_id == event_id and isinstance(one.event, Metric) and one.event.source == "human":
            return one.event.name
    raise NotFound(f"There is no correction {shown(event_id, 80)!r} here.", code="CORRECTION_NOT_FOUND")


async def _commit(caller: Caller, project: Project, event: dict[str, Any]) -> None:
    receipt = await caller.services.take(_receive, caller, project, event)
    answer = receipt.answer(await verdicts_of(receipt.futures))
    answer.raise_if_nothing()


def _receive(caller: Caller, project: Project, event: dict[str, Any]) -> Receipt:
    try:
        sent = msgspec.json.encode(event)
    except UnicodeEncodeError:  # half a surrogate pair is legal in JSON text, and no character
        raise Unprocessable("A text here holds half a character (a lone surrogate): send it whole.") from None
    judged = Judge(now_ms(), may_erase=False).all([sent])
    return hand_over(caller.services.store, project.id, judged)
