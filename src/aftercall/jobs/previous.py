"""How many calls of the same number there were shortly before: many jobs ask at once, in one question."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from aftercall.catalog.projects import Project
from aftercall.errors import InvalidInput
from aftercall.jobs.gather import Gather
from aftercall.jobs.told import Told
from aftercall.metrics.settings import settings_of
from aftercall.store.engine import Engine
from aftercall.store.schema import wide_table

DAY_MS = 86_400_000
_CALLS = """\
SELECT from_number, groupArray((toUnixTimestamp64Milli(started_at), conversation_id)) FROM {table} FINAL
WHERE started_at >= fromUnixTimestamp64Milli({{since:Int64}}, 'UTC')
    AND started_at <= fromUnixTimestamp64Milli({{until:Int64}}, 'UTC')
    AND from_number IN {{numbers:Array(String)}}
GROUP BY from_number
"""


class _Asked(NamedTuple):
    project_id: int
    conversation_id: str
    number: str
    started_at: int
    days: int


class PreviousContacts:
    """The same window as the built-in metric ``repeat_contact``: 7 days, or the project's setting.

    ``ask`` from any thread. ``start`` first, ``close`` last.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._gather: Gather[_Asked, int] = Gather("postcall-previous", self._answer)
        self.start, self.close = self._gather.start, self._gather.close

    def ask(self, project: Project, told: Told) -> int | None:
        """None: the number is not known, or is ours. Raises what the engine raises."""
        facts = told.conversation.facts
        number = facts.get("from_number")
        if not isinstance(number, str) or not number or facts.get("direction") == "outbound":
            return None
        at = told.conversation.started_at
        return self._gather.ask(_Asked(project.id, told.conversation_id, number, at, _days(project)))

    def _answer(self, asked: list[_Asked]) -> list[int | Exception]:
        calls: dict[tuple[int, str], list[tuple[int, str]]] = {}
        for project_id in {one.project_id for one in asked}:
            of_project = [one for one in asked if one.project_id == project_id]
            calls |= {(project_id, number): them for number, them in self._calls(project_id, of_project)}
        return [_before(one, calls.get((one.project_id, one.number), [])) for one in asked]

    def _calls(self, project_id: int, asked: list[_Asked]) -> list[tuple[str, list[tuple[int, str]]]]:
        numbers: defaultdict[str, list[_Asked]] = defaultdict(list)
        for one in asked:
            numbers[one.number].append(one)
        return self._engine.select_json(
            _CALLS.format(table=wide_table(project_id)),
            {
                "since": min(one.started_at - one.days * DAY_MS for one in asked),
                "until": max(one.started_at for one in asked),
                "numbers": sorted(numbers),
            },
            list[tuple[str, list[tuple[int, str]]]],
        )


def _before(one: _Asked, calls: list[tuple[int, str]]) -> int:
    """Of two that began in the same millisecond the one with the lesser id was before, as in the metric."""
    since = one.started_at - one.days * DAY_MS
    key = (one.started_at, one.conversation_id)
    return sum(at >= since and (at, conversation_id) < key for at, conversation_id in calls)


def _days(project: Project) -> int:
    try:
        return settings_of(project.settings).repeat_contact_days
    except InvalidInput:  # whoever asks for numbers is told of it; calls are read all the same
        return settings_of({}).repeat_contact_days
