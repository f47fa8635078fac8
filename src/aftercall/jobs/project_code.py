"""The step that runs a project's ``end_function``, in a warm child process of the right version."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aftercall.catalog.projects import Project
from aftercall.errors import NotFound
from aftercall.jobs.asked import asking
from aftercall.jobs.extractors import prompts_redactor_of
from aftercall.jobs.prompting import ask_model
from aftercall.jobs.step import Result, Work
from aftercall.llm import Door, Session
from aftercall.runtime import Agent, Host, Outcome, Pool, Snapshot, find, versions
from aftercall.runtime.layout import read

GetSecret = Callable[[Project, str], Any]
"""Raises KeyError for one the project has not."""

_FINAL_FAILURES = ("load", "not_found")
_FINAL_ERRORS = ("NotImplementedError", "ModelNotConfigured")


class ProjectCode:
    """Thread-safe. ``door``: to the models, for ``conv.utils.prompt_llm`` and ``conv.extract``."""

    name = "end"

    def __init__(
        self, home: Path, pool: Pool, *, door: Door | None = None, get_secret: GetSecret | None = None
    ) -> None:
        self._home = home
        self._pool = pool
        self._door = door
        self._get_secret = get_secret
        self._guard = threading.Lock()
        self._indexes: dict[str, tuple[int, int | None]] = {}
        self._with_end: dict[Agent, bool] = {}

    def since(self, project: Project) -> int | None:
        """When the project's first version was added."""
        try:
            changed = (self._home / "agents" / project.slug / "index.json").stat().st_mtime_ns
        except FileNotFoundError:
            return None
        with self._guard:
            known = self._indexes.get(project.slug)
            if known is None or known[0] != changed:
                added = [entry.added_at for entry in versions(self._home, project.slug)]
                known = self._indexes[project.slug] = (changed, min(added, default=None))
        return known[1]

    def run(self, work: Work) -> Result | None:
        agent = self._agent(work)
        if agent is None:
            return None
        snapshot = Snapshot.of(
            work.told.conversation_id,
            work.told.of_the_call(),
            account_id=work.project.account_slug,
            project_id=work.project.slug,
            real_time_config=_real_time_config(work.project),
        )
        outcome = self._pool.end(agent, snapshot, host=self._host(work), prefix=work.prefix(self.name))
        return Result(outcome, agent.version, retry=not _is_final(outcome))

    def close(self) -> None:
        self._pool.close()

    def _agent(self, work: Work) -> Agent | None:
        """The version that ran the call, at its first analysis. After a failure, or when somebody asked for a
        replay, the newest one: it may hold the repair."""
        ran = work.told.conversation.facts.get("agent_version")
        first = work.task.number == 1 and not work.task.replay
        try:
            agent = find(self._home, work.project.slug, ran if first and isinstance(ran, str) else None)
        except NotFound:
            return None
        with self._guard:
            if agent not in self._with_end:
                self._with_end[agent] = read(agent.folder).has("end_function")
            return agent if self._with_end[agent] else None

    def _host(self, work: Work) -> Host:
        secret = self._get_secret
        get_secret = None if secret is None else lambda name: secret(work.project, name)
        prefix, door, slug = work.prefix(self.name), self._door, work.project.slug
        if door is None:
            return Host(get_secret=get_secret, extract=asking(work, lambda: None, prefix))

        def session() -> Session:
            return door.session(slug, work.told.conversation_id, generation=work.generation)

        prompting, redactor = session(), prompts_redactor_of(work.project)
        number = work.told.conversation.facts.get("from_number")
        known = [number] if isinstance(number, str) else []
        return Host(
            prompt_llm=lambda prompt: ask_model(prompting, prompt, redactor, known),
            get_secret=get_secret,
            extract=asking(work, lambda: session() if door.is_configured(slug) else None, prefix),
        )


def _is_final(outcome: Outcome) -> bool:
    """Whether the same code would fail the same way again."""
    if outcome.unstarted:
        return False
    return outcome.failure in _FINAL_FAILURES or (outcome.error or "").split(":")[0] in _FINAL_ERRORS


def _real_time_config(project: Project) -> Mapping[str, Any]:
    """The project's setting of that name; anything but an object counts as none."""
    told = project.settings.get("real_time_config")
    return told if isinstance(told, Mapping) else {}
