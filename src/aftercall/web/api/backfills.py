"""Backfills: declared fields of conversations that are long over. First a pilot, then a person decides."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Query as Parameter

from aftercall.catalog.backfills import Backfill, Note, NoteKind
from aftercall.catalog.projects import Project
from aftercall.jobs import Backfills
from aftercall.jobs.backfill_tally import OTHERS
from aftercall.jobs.backfill_task import Task
from aftercall.metrics.strict import check_texts
from aftercall.model.times import iso
from aftercall.web.actors import Actors
from aftercall.web.answers import Json
from aftercall.web.api import backfills_examples as examples
from aftercall.web.api.backfills_models import BackfillShape, BackfillsShape, NewBackfill
from aftercall.web.api.documented import answers
from aftercall.web.caller import Caller, Editing, Reading

router = APIRouter(tags=["Backfills"])
ALL = "/v1/backfills/{project}"
ONE = ALL + "/{backfill_id}"
Change = Callable[[Backfills, Project, str], Backfill]


@router.post(ALL, summary="Make a backfill", **answers(BackfillShape, examples.PILOTING, 202))
async def create_backfill(caller: Editing, project: str, new: NewBackfill) -> Json:
    """Its pilot begins: some conversations drawn by chance, of which nothing is written. What it found, and
    what all of it would cost, is there a moment later; `start` then does it. Scope: `edit`, and what the
    conditions of `where` need.
    """
    return await _accepted(caller, _create, project, new)


def _create(caller: Caller, slug: str, new: NewBackfill) -> dict[str, Any]:
    check_texts(new.model_dump())
    project = caller.project(slug)
    made = caller.services.backfills.create(
        project,
        metrics=new.metrics,
        query={"over": new.over, "where": new.where},
        pilot=new.pilot,
        at_once=new.at_once,
        per_minute=new.per_minute,
        again=new.again,
        by=caller.principal.label,
        need=caller.need,
    )
    return _whole(caller, project, made)


@router.get(ALL, summary="List backfills", **answers(BackfillsShape, examples.LIST))
async def list_backfills(
    caller: Reading, project: str, limit: Annotated[int, Parameter(ge=1, le=500)] = 50
) -> Json:
    """Scope: `read`."""
    return await caller.answer(_list, project, limit)


def _list(caller: Caller, slug: str, limit: int) -> dict[str, Any]:
    project = caller.project(slug)
    actors = Actors(caller.services.catalog, caller.principal.account_slug)
    found = caller.services.catalog.backfills.list(project.id, limit)
    return {"backfills": [_shown(one, project, actors) for one in found]}


@router.get(ONE, summary="One backfill", **answers(BackfillShape, examples.BACKFILL))
async def get_backfill(caller: Reading, project: str, backfill_id: str) -> Json:
    """How far it is, and what came out. Scope: `read`; texts, quotes and reasons need `read:transcripts`."""
    return await caller.answer(_get, project, backfill_id)


def _get(caller: Caller, slug: str, backfill_id: str) -> dict[str, Any]:
    project = caller.project(slug)
    return _whole(caller, project, caller.services.catalog.backfills.get(project.id, backfill_id))


@router.post(
    ONE + "/start", summary="Start it after its pilot", **answers(BackfillShape, examples.STARTED, 202)
)
async def start_backfill(caller: Editing, project: str, backfill_id: str) -> Json:
    """What models answered in the pilot is not asked again. Scope: `edit`."""
    return await _accepted(caller, _change, project, backfill_id, Backfills.begin)


@router.post(ONE + "/resume", summary="End its pause", **answers(BackfillShape, examples.STARTED, 202))
async def resume_backfill(caller: Editing, project: str, backfill_id: str) -> Json:
    """Once what it waits for is mended, or a cap is raised. Scope: `edit`."""
    return await _accepted(caller, _change, project, backfill_id, Backfills.resume)


@router.post(ONE + "/cancel", summary="Cancel it", **answers(BackfillShape, examples.CANCELLED, 202))
async def cancel_backfill(caller: Editing, project: str, backfill_id: str) -> Json:
    """What was written stays; what is under way may still come. Scope: `edit`."""
    return await _accepted(caller, _change, project, backfill_id, Backfills.cancel)


def _change(caller: Caller, slug: str, backfill_id: str, change: Change) -> dict[str, Any]:
    project = caller.project(slug)
    return _whole(caller, project, change(caller.services.backfills, project, backfill_id))


async def _accepted(caller: Caller, work: Callable[..., Any], *arguments: Any) -> Json:
    made = await caller.answer(work, *arguments)
    made.status_code = 202
    return made


def _whole(caller: Caller, project: Project, one: Backfill) -> dict[str, Any]:
    """With what was noted of single conversations, as far as the caller may see it."""
    told = _shown(one, project, Actors(caller.services.catalog, caller.principal.account_slug))
    may_read = caller.may("read:transcripts")
    noted = _notes(caller, one, "failure", may_read)
    if told["pilot"] is not None:
        told["pilot"]["sample"] = _notes(caller, one, "sample", may_read)
    for_pilot = one.started_at is None and told["pilot"] is not None
    told["pilot" if for_pilot else "result"]["failures"] = noted
    return told


def _notes(caller: Caller, one: Backfill, kind: NoteKind, may_read: bool) -> list[dict[str, Any]]:
    found = caller.services.catalog.backfills.notes(one.id, kind)
    return [{"conversation_id": note.conversation_id, **_body(note, may_read)} for note in found]


def _body(note: Note, may_read: bool) -> dict[str, Any]:
    body = dict(note.body)
    if may_read:
        return body
    hidden: dict[str, None] = dict.fromkeys(name for name in ("reason", "quote") if name in body)
    hidden |= {name: None for name in ("value", "before") if isinstance(body.get(name), str)}
    return body | hidden


def _shown(one: Backfill, project: Project, actors: Actors) -> dict[str, Any]:
    task = Task.of(one.task)
    return {
        "backfill_id": one.id,
        "project_id": project.slug,
        "metrics": list(task.metrics),
        "versions": dict(task.versions),
        "state": one.state,
        "reason": one.reason,
        "resume_at": _time(one.resume_at),
        "over": {"from": iso(task.range[0]), "to": iso(task.range[1])},
        "where": task.query.get("where", []),
        "at_once": task.at_once,
        "per_minute": task.per_minute,
        "again": task.again,
        "by": actors.name(one.by),
        "created_at": iso(one.created_at),
        "started_at": _time(one.started_at),
        "ended_at": _time(one.ended_at),
        "total": one.total,
        "done": one.done,
        "pilot": _pilot(one.pilot, task) if one.pilot else None,
        "result": _tally(one.result),
    }


def _pilot(told: Mapping[str, Any], task: Task) -> dict[str, Any]:
    return {
        "wanted": task.pilot,
        "conversations": told["conversations"],
        "seconds": told["seconds"],
        "estimate": told["estimate"],
        "sample": [],
        **_tally(told),
    }


def _tally(told: Mapping[str, Any]) -> dict[str, Any]:
    cost = told.get("cost", 0)
    return {
        "statuses": told.get("statuses", {}),
        "values": {name: _values(counts) for name, counts in told.get("values", {}).items()},
        "extractors": told.get("extractors", {}),
        "failures": [],
        "model_calls": round(told.get("model_calls", 0)),
        "tokens_in": round(told.get("tokens_in", 0)),
        "tokens_out": round(told.get("tokens_out", 0)),
        "cost": None if cost is None else round(cost, 6),
    }


def _values(counts: Mapping[str, int]) -> Sequence[dict[str, Any]]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [
        {"value": None if text == OTHERS else json.loads(text), "conversations": number}
        for text, number in ranked
    ]


def _time(ms: int | None) -> str | None:
    return None if ms is None else iso(ms)
