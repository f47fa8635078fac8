"""The progress bar of an import, on standard error and only where somebody looks at it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aftercall.cli.output import console, shown

if TYPE_CHECKING:
    from aftercall.ingest.importer.run import Report, Summary


@contextmanager
def import_progress(name: str, size: int | None) -> Iterator[Report]:
    """``size`` in bytes of the file; None (a pipe) shows that something moves, but no time left."""
    if not sys.stderr.isatty():
        yield lambda summary, read: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]:,} conversations, {task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(shown(name, 40), total=size, count=0, rate=0.0)
        began = time.monotonic()

        def report(summary: Summary, read: int) -> None:
            rate = summary.conversations / max(time.monotonic() - began, 0.001)
            bar.update(task, completed=read, count=summary.conversations, rate=rate)

        yield report
