"""What post-call work consists of: steps, each of which may write to the conversation.

The project's own ``end_function`` (project_code.py), then the fields that metrics declare (declared.py).
Another one is one more object of this form in the list that ``Jobs`` is given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from aftercall.catalog.projects import Project
from aftercall.jobs.task import Analyse
from aftercall.jobs.told import Told
from aftercall.runtime import Outcome


@dataclass(frozen=True, slots=True)
class Work:
    """One attempt at one conversation."""

    project: Project
    told: Told
    task: Analyse
    written: tuple[dict[str, Any], ...] = ()
    """Events that steps before this one wrote in this attempt."""

    def after(self, result: Result) -> Work:
        """As the next step finds it."""
        return replace(self, written=(*self.written, *result.outcome.events))

    @property
    def generation(self) -> str:
        """Of model answers: attempts of one generation share what was answered to the same question."""
        return self.task.attempt if self.task.fresh else ""

    def prefix(self, step: str) -> str:
        """Of the ids of the events that ``step`` writes: the same when the attempt is made again."""
        return f"{self.task.attempt}-{step}"


@dataclass(frozen=True, slots=True)
class Result:
    outcome: Outcome
    version: str | None = None
    """Of the code that ran."""
    retry: bool = True
    """Whether the same may go well later by itself."""


class Step(Protocol):
    name: str

    def since(self, project: Project) -> int | None:
        """From when on (epoch milliseconds) the project's calls are this step's business; None: they are not.

        Asked several times a second: it must be quick.
        """

    def run(self, work: Work) -> Result | None:
        """None: there is nothing to do for this conversation. What goes wrong in the project's code is a
        Result; an exception means that we broke, and the attempt is repeated."""

    def close(self) -> None:
        """End what runs; ``run`` then returns or raises soon."""
