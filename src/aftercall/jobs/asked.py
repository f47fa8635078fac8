"""What ``conv.extract({...})`` asks from inside ``end_function``: the same as a declared field gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aftercall.extraction import Call, answers_of, asked_fields, extract
from aftercall.jobs.extractors import error_of, extractors_of
from aftercall.jobs.step import Work
from aftercall.llm import Session
from aftercall.model.times import now_ms
from aftercall.runtime import Extracted


def asking(
    work: Work, session: Callable[[], Session | None], prefix: str
) -> Callable[[Mapping[str, Any], int], Extracted]:
    """``prefix``: of the ids of the events. Thread-safe: functions ask from several threads, so each question
    gets a ``session`` of its own (None: no model is configured)."""

    def ask(told: Mapping[str, Any], position: int) -> Extracted:
        """Raises InvalidInput (EXTRACTION_INVALID) for what cannot be asked."""
        fields = asked_fields(told)
        call = Call.of(work.told.conversation_id, work.told.of_the_call())
        one = session()
        results = extract(call, fields, extractors_of(work.project, one))
        events = results.events(call.id, prefix=f"{prefix}-x{position}", at=now_ms())
        asked = 0 if one is None else one.calls
        return Extracted(answers_of(results), events, error_of(results), asked)

    return ask
