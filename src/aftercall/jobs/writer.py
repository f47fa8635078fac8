"""Results of several attempts in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aftercall.jobs.gather import Gather
from aftercall.store.committer import Committer
from aftercall.store.incoming import Incoming


class _Writing(NamedTuple):
    project_id: int
    items: Sequence[Incoming]


class Writer:
    """``write`` from any thread. ``start`` first, ``close`` last."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._gather: Gather[_Writing, bool] = Gather("postcall-write", self._write)
        self.start, self.close = self._gather.start, self._gather.close

    def write(self, project_id: int, items: Sequence[Incoming]) -> bool:
        """On disk and visible when it returns. False: refused, because the conversation was erased.

        Raises what the committer raises; then nothing of it may be there, or all.
        """
        return self._gather.ask(_Writing(project_id, items))

    def _write(self, writings: list[_Writing]) -> list[bool | Exception]:
        answers: list[bool | Exception] = [True] * len(writings)
        for project_id in {one.project_id for one in writings}:
            of_project = [place for place, one in enumerate(writings) if one.project_id == project_id]
            try:
                self._commit(project_id, writings, of_project, answers)
            except Exception as error:  # noqa: BLE001 - each hears of its own below
                if len(of_project) == 1:
                    answers[of_project[0]] = error
                    continue
                # One that cannot be committed must not take its company down with it.
                for place in of_project:
                    answers[place] = self._write([writings[place]])[0]
        return answers

    def _commit(
        self,
        project_id: int,
        writings: list[_Writing],
        of_project: list[int],
        answers: list[bool | Exception],
    ) -> None:
        items: list[Incoming] = []
        owners: list[int] = []
        for place in of_project:
            for item in writings[place].items:
                item.position = len(items)
                items.append(item)
                owners.append(place)
        for future in self._committer.submit(project_id, items):
            for position, _, _ in future.result().refused:
                answers[owners[position]] = False
