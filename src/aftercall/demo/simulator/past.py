"""The calls of the past, as wire events."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aftercall.demo.simulator.crew import Crew, example
from aftercall.demo.simulator.orders import Order

SEED = "juniper"
WORKERS = 2


def past(
    seed: str = SEED,
    calls: int = 2_000,
    days: int = 60,
    *,
    until: int,
    skip: int = 0,
    project: Path | None = None,
    version: str | None = None,
    analysed: bool = False,
    workers: int = WORKERS,
) -> Iterator[list[dict[str, Any]]]:
    """One list per call, complete for ``POST /v1/ingest``, the oldest call first.

    The same arguments give the same events with the same ids, so that sending them again changes nothing:
    whoever may be interrupted keeps ``until`` (epoch ms, when the last call is over). ``skip`` leaves out the
    first calls. ``version``: of the agent project, where the server knows it. ``analysed``: with what its
    end_function writes without a model, and a post-call result, so that the server need not run it again.
    """
    order = Order(
        project=str((project or example()).absolute()),
        seed=seed,
        calls=calls,
        days=days,
        until=until,
        first=skip,
        version=version,
        analysed=analysed,
    )
    with Crew(order, workers) as crew:
        for worker in itertools.cycle(range(workers)):
            events = crew.call(worker)
            if not events:
                return
            yield events
