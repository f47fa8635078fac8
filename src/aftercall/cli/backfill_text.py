"""What a backfill prints: its pilot, its progress bar, its report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aftercall.cli.output import console, note, say, shown, table

MOST_VALUES = 12
MOST_FAILURES = 10
Told = Mapping[str, Any]


def print_pilot(made: Told) -> None:
    pilot = made["pilot"]
    table(
        f"{pilot['conversations']} of {made['total']:,} calls, tried",
        ("call", "field", "status", "value", "by", "before", "quote, or reason"),
        [_sample(one) for one in pilot["sample"]],
        empty="there is no call that ended in this time: say another one (--last, --from)",
    )
    _counts(pilot)
    if not pilot["conversations"]:
        return
    for line in _spent(pilot):
        say(line)
    estimate = pilot["estimate"]
    time_ = "not known, for all answers were stored ones" if estimate["seconds"] is None else _time(estimate)
    say(f"all {estimate['conversations']:,}: time {time_}, cost {_cost(estimate['cost'])}")
    say("nothing of this was written; what models answered is not asked again")


def print_report(made: Told) -> None:
    say(f"{made['backfill_id']} is {made['state']}: {made['done']:,} of {made['total']:,} calls done")
    if made["reason"]:
        say(f"why: {made['reason']}")
    if made["state"] == "paused":
        goes_on = f"at {made['resume_at']}" if made["resume_at"] else "once you say so"
        say(f"it goes on {goes_on}: `aftercall backfill --resume {made['backfill_id']}`")
    _counts(made["result"])
    for line in _spent(made["result"]):
        say(line)


@contextmanager
def progress(made: Told) -> Iterator[Callable[[Told], None]]:
    """On standard error, where somebody looks at it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(
            shown(", ".join(made["metrics"]), 40), total=made["total"], completed=made["done"]
        )
        yield lambda now: bar.update(task, completed=now["done"], total=now["total"])


def _counts(told: Told) -> None:
    for name, statuses in told["statuses"].items():
        by = ", ".join(f"{who} {count:,}" for who, count in told["extractors"].get(name, {}).items())
        listed = ", ".join(f"{status} {count:,}" for status, count in statuses.items())
        say(f"{name}: {listed}" + (f" (by {by})" if by else ""))
        values = told["values"].get(name, [])
        total = sum(one["conversations"] for one in values) or 1
        for one in values[:MOST_VALUES]:
            value = "all others" if one["value"] is None else _value(one["value"])
            share = one["conversations"] / total
            say(f"  {share:4.0%}  {one['conversations']:>7,}  {shown(value, 60)}")
        if len(values) > MOST_VALUES:
            say(f"        and {len(values) - MOST_VALUES:,} other values")
    failures = told["failures"]
    for one in failures[:MOST_FAILURES]:
        note(f"failed: {one['conversation_id']}: {one['metric']}: {one['reason'] or 'reason hidden'}")
    if len(failures) > MOST_FAILURES:
        note(f"and {len(failures) - MOST_FAILURES} failures more: --json lists them")


def _spent(told: Told) -> Iterator[str]:
    if told["model_calls"]:
        tokens = f"{told['tokens_in']:,} tokens in, {told['tokens_out']:,} out"
        yield f"{told['model_calls']:,} model calls, {tokens}, cost {_cost(told['cost'])}"
    if "seconds" in told:
        yield f"{told['seconds']:g} s"


def _sample(one: Told) -> tuple[object, ...]:
    told = f"{one['turn']}: {one['quote']}" if one["quote"] else one["reason"]
    value = "" if one["value"] is None else _value(one["value"])
    before = "" if one["before"] is None else _value(one["before"])
    return (
        shown(one["conversation_id"], 24),
        one["metric"],
        one["status"],
        shown(value, 30),
        one["extractor"],
        shown(before, 20),
        shown(told, 60),
    )


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _time(estimate: Told) -> str:
    seconds = estimate["seconds"]
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"


def _cost(cost: float | None) -> str:
    return "not known: the model has no prices" if cost is None else f"{cost:.4g}"
