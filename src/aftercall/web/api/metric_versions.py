"""The versions that a metric's extraction has had, and what two of them said of the same calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from aftercall.catalog.definitions import MetricDefinition
from aftercall.catalog.extraction_versions import ExtractionVersion
from aftercall.errors import InvalidInput, NotFound
from aftercall.extraction import make_field
from aftercall.metrics.versions import Count, Move, Said, agreement, counts, differing, moves
from aftercall.model.times import iso
from aftercall.web.actors import Actors
from aftercall.web.answers import Json
from aftercall.web.api import metrics as own
from aftercall.web.api.documented import answers
from aftercall.web.api.metric_changes import no_metric
from aftercall.web.api.metric_versions_models import (
    COMPARED,
    VERSIONS,
    ComparedShape,
    VersionsShape,
)
from aftercall.web.caller import Caller, ProjectHeader, Reading

router = APIRouter(tags=["Metrics"])
PATH = own.PATH + "/versions"
MOST_MOVES = 200


class Comparing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    old: str | None = Field(None, max_length=40, description="Default: the newest before `new`.")
    new: str | None = Field(None, max_length=40, description="Default: the one in force.")
    limit: int = Field(50, ge=1, le=1000, description="Of the calls that differ.")


@router.get(PATH, summary="Versions of its extraction", **answers(VersionsShape, VERSIONS))
async def list_versions(request: Request, caller: Reading, name: str, project: ProjectHeader = None) -> Json:
    """Each change of type, options, definition or `extract` is another version, with who made it. Values say
    which one they are of. Scope: `read`.
    """
    if not _ends(request, b"/versions"):  # a name that itself ends so, sent as %2Fversions
        return await own.get_metric(caller, f"{name}/versions", own.Looking(last="30d"), project)
    return await caller.answer(_list, project, name)


def _list(caller: Caller, header: str | None, name: str) -> dict[str, Any]:
    project = caller.chosen_project(header)
    metric = _metric(caller, project.id, name)
    catalog = caller.services.catalog
    made = catalog.versions.list(project.id, name)
    used = counts(caller.services.store.engine, project.id, name)
    current = _hash(metric) if metric.active and metric.extraction else None
    actors = Actors(catalog, caller.principal.account_slug)
    listed = [*_known(made, used, current, actors), *_unknown(made, used, current)]
    return {
        "name": name,
        "current": current,
        "versions": sorted(listed, key=lambda one: str(one["at"]), reverse=True),
    }


def _known(
    made: tuple[ExtractionVersion, ...], used: dict[str, Count], current: str | None, actors: Actors
) -> Iterator[dict[str, Any]]:
    first = True
    for one in made:
        version = _hash(one) if one.extraction else None
        yield {
            **_used(version, used, is_current=first and version is not None and version == current),
            "at": iso(one.at),
            "by": actors.name(one.by),
            "type": one.type,
            "options": list(one.options),
            "definition": one.definition,
            "extraction": one.extraction,
        }
        first = False


def _unknown(
    made: tuple[ExtractionVersion, ...], used: dict[str, Count], current: str | None
) -> Iterator[dict[str, Any]]:
    """Of which there are values and no history: the package's own definition changed, or code asked."""
    known = {_hash(one) for one in made if one.extraction}
    nothing = dict.fromkeys(("type", "options", "definition", "extraction"))
    for version in used.keys() - known:
        told = _used(version, used, is_current=version == current)
        yield {**told, "at": iso(used[version].first), "by": "", **nothing}


def _used(version: str | None, used: dict[str, Count], *, is_current: bool) -> dict[str, Any]:
    count = used.get(version or "", Count(0, 0, 0))
    return {
        "version": version,
        "current": is_current,
        "conversations": count.conversations,
        "standing": count.standing,
    }


@router.get(PATH + "/compare", summary="Compare two versions", **answers(ComparedShape, COMPARED))
async def compare_versions(
    caller: Reading, name: str, comparing: Annotated[Comparing, Query()], project: ProjectHeader = None
) -> Json:
    """On the calls that have values of both, as after a backfill: how many say the same, what moved where,
    and which calls differ. Scope: `read`; texts and reasons need `read:transcripts`.
    """
    return await caller.answer(_compare, project, name, comparing)


def _compare(caller: Caller, header: str | None, name: str, comparing: Comparing) -> dict[str, Any]:
    project = caller.chosen_project(header)
    metric = _metric(caller, project.id, name)
    engine = caller.services.store.engine
    old, new = _pair(metric, counts(engine, project.id, name), comparing)
    both = agreement(engine, project.id, name, old, new)
    found = moves(engine, project.id, name, old, new, MOST_MOVES)
    calls = differing(engine, project.id, name, old, new, comparing.limit)
    may_read = caller.may("read:transcripts")
    said = partial(_said, readable=None if may_read else metric.options)
    return {
        "name": name,
        "old": old,
        "new": new,
        "conversations": both.conversations,
        "agree": both.agree,
        "moves": [] if metric.type == "text" and not may_read else [_move(one, said) for one in found],
        "calls": [
            {
                "conversation_id": one.conversation_id,
                "old": said(one.old),
                "new": said(one.new),
                "old_reason": one.old.reason if may_read else None,
                "new_reason": one.new.reason if may_read else None,
            }
            for one in calls
        ],
    }


def _pair(metric: MetricDefinition, used: dict[str, Count], comparing: Comparing) -> tuple[str, str]:
    """Raises InvalidInput where there are no two to compare."""
    by_age = sorted(used, key=lambda version: used[version].first, reverse=True)
    current = _hash(metric) if metric.extraction else None
    new = comparing.new or (current if current in used else next(iter(by_age), None))
    old = comparing.old or next((one for one in by_age if one != new), None)
    for version in (comparing.old, comparing.new):
        if version is not None and version not in used:
            raise NotFound(
                f"there is no value of version {version!r:.60} of {metric.name!r:.80}",
                code="VERSION_NOT_FOUND",
            )
    if old is None or new is None or old == new:
        raise InvalidInput(
            f"{metric.name!r:.80} has values of one version at most: a backfill makes those of another",
            code="NOTHING_TO_COMPARE",
        )
    return old, new


def _move(one: Move, said: Callable[[Said], dict[str, Any]]) -> dict[str, Any]:
    return {
        "old": said(one.old),
        "new": said(one.new),
        "agrees": one.agrees,
        "conversations": one.conversations,
    }


def _said(one: Said, readable: Sequence[str] | None = None) -> dict[str, Any]:
    """``readable``: the texts that may be told, None for all. The metric may have been a text before, so its
    type of today does not say what may be."""
    hides = readable is not None and isinstance(one.value, str) and one.value not in readable
    return {"status": one.status, "value": None if hides else one.value}


def _metric(caller: Caller, project_id: int, name: str) -> MetricDefinition:
    registry = caller.services.catalog.metrics.list(project_id)
    metric = registry.by_name.get(name)
    if metric is None:
        raise no_metric(registry, name)
    return metric


def _hash(one: MetricDefinition | ExtractionVersion) -> str | None:
    """None for a declaration that cannot be asked."""
    try:
        return make_field(one.name, one.type, one.options, one.definition, one.extraction or {}).version
    except InvalidInput:
        return None


def _ends(request: Request, with_: bytes) -> bool:
    raw: bytes = request.scope["raw_path"]
    return raw.endswith(with_)
