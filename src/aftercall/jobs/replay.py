"""Attempts that somebody asks for: after a repair, or once a model is configured."""

from __future__ import annotations

from aftercall.errors import Conflict, NotFound
from aftercall.jobs.due import DueReader
from aftercall.jobs.durable import Durable
from aftercall.jobs.task import Analyse
from aftercall.jobs.told import Loader

_AT_ONCE = 500


class Replay:
    def __init__(self, durable: Durable, loader: Loader, reader: DueReader) -> None:
        self._durable = durable
        self._loader = loader
        self._reader = reader

    def one(self, project_id: int, conversation_id: str, *, fresh: bool) -> str:
        """See ``Jobs.replay``."""
        told = self._loader.load(project_id, conversation_id)
        if told is None:
            raise NotFound(
                f"there is no conversation {conversation_id!r:.80}", code="CONVERSATIONS_NOT_FOUND"
            )
        if told.conversation.ended_at is None:
            raise Conflict(
                f"conversation {conversation_id!r:.80} is still in progress: it is analysed once it ended",
                code="CONVERSATION_IN_PROGRESS",
            )
        standing = told.conversation.postcall
        task = Analyse.replay_of(
            project_id, conversation_id, told=standing.told, attempts=standing.attempts, fresh=fresh
        )
        self._hand_out([task])
        return task.attempt

    def failed(self, project_id: int, *, fresh: bool) -> int:
        """See ``Jobs.replay_failed``."""
        before = None
        handed_out = 0
        while True:
            page = self._reader.failures(project_id, limit=_AT_ONCE, before=before)
            tasks = [
                Analyse.replay_of(
                    project_id, one.conversation_id, told=one.told, attempts=one.attempts, fresh=fresh
                )
                for one in page
            ]
            if tasks:
                self._hand_out(tasks)
            handed_out += len(tasks)
            if len(page) < _AT_ONCE:
                return handed_out
            before = (page[-1].started_at, page[-1].conversation_id)

    def _hand_out(self, tasks: list[Analyse]) -> None:
        # One that ended without a result, as when the store was away, would block its successor of that name.
        self._durable.forget_finished([task.id for task in tasks])
        self._durable.enqueue(tasks)
