"""Whatever is told of calls, in whatever order, however often: API and columns agree with the reference."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis.stateful import run_state_machine_as_test

from tests.journeys.compare import check_finished
from tests.journeys.machine import Calls
from tests.journeys.world import world
from tests.reference import Project


def run(home: Path, *, examples: int, steps: int) -> None:
    finished: list[tuple[str, Project]] = []
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    with world(home) as one:
        run_state_machine_as_test(partial(Calls, one, finished), settings=settings)  # type: ignore[arg-type]
        one.stop()
        check_finished(one, one.read_stopped(), finished)
    assert len(finished) >= examples


@pytest.mark.slow
def test_any_story_of_calls_reads_as_the_reference_says(tmp_path: Path) -> None:
    run(tmp_path, examples=10, steps=20)


@pytest.mark.slow
def test_longer_stories_too(tmp_path: Path) -> None:
    run(tmp_path, examples=12, steps=40)
