"""The reference of what is stored: for races, where any of several outcomes is right."""

from __future__ import annotations

import json

from tests.journeys.load import Caller
from tests.journeys.tables import Read
from tests.reference import Project

MOST_METRICS = 500
"""So many names of a project register themselves."""


def stored_project(read: Read, project_id: int, types: dict[str, str]) -> Project:
    """All stored events as they were sent, in the order in which they arrived; ``types`` as registered."""
    [rows] = read(
        [
            "SELECT conversation_id, event_id, body FROM aftercall.events FINAL "
            f"WHERE project_id = {project_id} ORDER BY rev DESC"
        ]
    )
    names = [(row["conversation_id"], row["event_id"]) for row in rows]
    assert len(names) == len(set(names)), "an event stands twice"
    project = Project()
    project.tell([json.loads(row["body"]) for row in rows])
    assert types.keys() <= project.types.keys()
    assert len(types) == min(len(project.types), MOST_METRICS), "a name that tells a type is not registered"
    project.types = types
    return project


def check_acknowledged(callers: list[Caller], project: Project) -> None:
    """All that was acknowledged is stored, nothing is that was never sent, and each as it was sent."""
    stored = {(id_, name) for id_, events in project.told.items() for name in events}
    sent = {name: event for caller in callers for name, event in caller.sent.items()}
    acknowledged = {name for caller in callers for name in caller.acknowledged}
    assert acknowledged <= stored, f"acknowledged and lost: {sorted(acknowledged - stored)[:5]}"
    assert stored <= sent.keys(), f"never sent: {sorted(stored - sent.keys())[:5]}"
    for conversation_id, name in stored:
        told = project.told[conversation_id][name]
        assert {field: told[field] for field in sent[conversation_id, name]} == sent[conversation_id, name]
