"""The versions of a project's agent: the code that runs after its calls."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from aftercall.model.times import iso
from aftercall.runtime import Entry, Loaded, checked, versions
from aftercall.web.answers import Json
from aftercall.web.api import postcall_examples as examples
from aftercall.web.api.documented import answers
from aftercall.web.api.postcall_models import AgentVersionsShape
from aftercall.web.caller import Administering, Caller, ProjectHeader

router = APIRouter(tags=["After the call"])


@router.get(
    "/v1/agent-versions",
    summary="List the agent's versions",
    **answers(AgentVersionsShape, examples.AGENT_VERSIONS),
)
async def list_agent_versions(caller: Administering, project: ProjectHeader = None) -> Json:
    """The newest first, as `aftercall agents add` left them on the machine of the server that answers.
    `functions` and `problems` are what loading a version told when it was added.

    Scope: `admin`.
    """
    return await caller.answer(_list, project)


def _list(caller: Caller, header: str | None) -> dict[str, Any]:
    project = caller.chosen_project(header)
    home = caller.services.config.home
    return {
        "project_id": project.slug,
        "versions": [
            _shown(one, checked(home, project.slug, one.version) or Loaded())
            for one in versions(home, project.slug)
        ],
    }


def _shown(one: Entry, loaded: Loaded) -> dict[str, Any]:
    return {
        "version": one.version,
        "current": one.current,
        "added_at": iso(one.added_at),
        "source": one.source,
        "python": one.python,
        "python_version": one.python_version,
        "files": one.files,
        "functions": loaded.functions,
        "problems": loaded.problems,
    }
