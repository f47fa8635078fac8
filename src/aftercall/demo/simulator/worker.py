"""The process in which the agent project's functions run, one whole call after the other.

    python -m aftercall.demo.simulator.worker

Standard input: one line with an Order, then for a live one a Request per line. Standard output: one line per
call, the list of its wire events. It ends with its input or its output: it never outlives whoever started it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from aftercall.demo.simulator.company import Company
from aftercall.demo.simulator.orders import Order, Request
from aftercall.demo.simulator.plan import Plan, live_plan, plans, previous_contacts
from aftercall.demo.simulator.scenes import play
from aftercall.demo.simulator.stage import Cast, Stage
from aftercall.extraction import Field, declared_field
from aftercall.runtime.metrics_file import read_metrics


def main() -> None:
    # Ctrl-C reaches every process of the terminal; this one ends when its pipes do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.dont_write_bytecode = True  # the example's folder stays as it is
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a function prints is no event
    order = msgspec.json.decode(source.readline(), type=Order)
    company = Company(Path(order.project))
    clinic = company.module("functions.clinic")
    fields = _declared(Path(order.project)) if order.analysed else ()
    cast = Cast(company, clinic.LINE, clinic.NAME, order.version, fields)
    try:
        for plan, contacts in _plans(order, source):
            stage = Stage(cast, plan)
            events = play(stage)
            _write(sink, [*events, *stage.analyse(contacts)] if order.analysed else events)
    except BrokenPipeError:
        os._exit(0)  # nobody reads any more; a normal exit would try to flush once more and complain


def _declared(project: Path) -> tuple[Field, ...]:
    made = [declared_field(spec) for spec in read_metrics(project) if spec.active]
    return tuple(field for field in made if field is not None)


def _plans(order: Order, source: BinaryIO) -> Iterator[tuple[Plan, int | None]]:
    """Each with the calls of the same number in the week before."""
    if order.calls:
        made = plans(order.seed, order.calls, order.days, order.until)
        told = list(zip(made, previous_contacts(made), strict=True))
        yield from told[order.first :: order.parts]
        return
    for line in source:
        request = msgspec.json.decode(line, type=Request)
        yield live_plan(order.seed, request.number, request.at, order.days), None


def _write(sink: BinaryIO, events: list[dict[str, Any]]) -> None:
    sink.write(msgspec.json.encode(events))
    sink.write(b"\n")
    sink.flush()


if __name__ == "__main__":
    main()
