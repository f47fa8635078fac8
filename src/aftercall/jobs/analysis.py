"""One attempt: load the conversation, run the steps, commit what they wrote, say whether to tell anybody."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from aftercall.errors import NotFound, Unavailable
from aftercall.jobs.attempt import Report, failed, outcome_id
from aftercall.jobs.settings import Settings
from aftercall.jobs.step import Result, Step, Work
from aftercall.jobs.task import Analyse
from aftercall.jobs.told import Loader, Told
from aftercall.jobs.workload import Workload
from aftercall.jobs.writer import Writer
from aftercall.model.events import PostCall


class Analysis:
    """**Guarantee**: a result is in the store whole or not at all, and once, however often this is repeated.

    Nothing is kept but the store's events: a repetition after a crash finds the result there, or begins anew.
    """

    def __init__(
        self,
        workload: Workload,
        loader: Loader,
        writer: Writer,
        steps: Sequence[Step],
        settings: Settings,
        attempted: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """``attempted``: told of each attempt that was written, whether it went well."""
        self._attempted = attempted
        self._workload = workload
        self._loader = loader
        self._writer = writer
        self._steps = steps
        self._settings = settings
        self.stopping = False
        """Results are no longer to be trusted: the workers are being ended."""

    def run(self, task: Analyse) -> bool:
        """Whether somebody is to be told. Raises what the store and the catalog raise; then nothing, or all,
        was written."""
        told = self._loader.load(task.project_id, task.conversation_id)
        if told is None:
            return False
        done = told.outcome(outcome_id(task.attempt))
        if done is not None:
            return self._is_told(task, done.status == "ok" or _is_final(done))
        if not _is_wanted(told, task):
            return False
        try:
            project = self._workload.project(task.project_id)
        except NotFound:
            return False
        began = time.monotonic()
        work = Work(project, told, task)
        results: list[tuple[str, Result]] = []
        for step in self._steps:
            result = step.run(work)
            if result is not None:
                results.append((step.name, result))
                work = work.after(result)
        if self.stopping:
            raise Unavailable("The server is stopping; this attempt is repeated at its next start.")
        return self._commit(work, results, (time.monotonic() - began) * 1000)

    def give_up(self, task: Analyse, error: str) -> None:
        """Write a failed attempt for one that never came to an end."""
        told = self._loader.load(task.project_id, task.conversation_id)
        if told is not None and told.outcome(outcome_id(task.attempt)) is None:
            work = Work(self._workload.project(task.project_id), told, task)
            self._commit(work, [("job", failed(error))], 0.0)

    def _commit(self, work: Work, results: Sequence[tuple[str, Result]], duration_ms: float) -> bool:
        report = Report(work, results, self._settings, duration_ms)
        if not self._writer.write(work.project.id, report.items()):
            return False  # erased while it ran
        self._attempted(report.ok)
        if not self._workload.webhooks(work.project.id):
            return False
        # Not by this report: a process taken for dead may have reported the same attempt before, otherwise.
        told = self._loader.load(work.project.id, work.task.conversation_id)
        done = None if told is None else told.outcome(outcome_id(work.task.attempt))
        return done is not None and self._is_told(work.task, done.status == "ok" or _is_final(done))

    def _is_told(self, task: Analyse, is_result: bool) -> bool:
        return is_result and bool(self._workload.webhooks(task.project_id))


def _is_wanted(told: Told, task: Analyse) -> bool:
    """Whether the attempt still makes sense: others may have come before it."""
    if task.replay:
        return True
    standing = told.conversation.postcall
    if standing.status == "pending":
        return True
    return standing.status == "failed" and standing.due_at is not None and standing.tries < task.number


def _is_final(outcome: PostCall) -> bool:
    return (outcome.lineage or {}).get("retry_at") is None
