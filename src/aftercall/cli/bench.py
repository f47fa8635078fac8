"""``aftercall bench ingest|query|postcall|page|sdk|extraction|analyst``: figures of this machine, beside what
to hold them against."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aftercall.cli.options import Json, group

app = group("Measure this installation. Takes a minute and touches no data of yours.")

Keep = Annotated[
    Path | None, typer.Option(help="Keep the made-up store in this folder, and use it the next time.")
]
MadeUp = Annotated[int, typer.Option(help="How many calls to make up.", min=2_000)]


@app.command()
def ingest(
    conversations: Annotated[int, typer.Option(help="How many calls to post.", min=100)] = 4_000,
    json: Json = False,
) -> None:
    """What a server takes in per second, beside the same rows inserted by hand."""
    from aftercall.bench.ingest import run
    from aftercall.cli.output import note

    _print("bench ingest", run(conversations=conversations, progress=note), json)


@app.command()
def query(
    conversations: MadeUp = 100_000,
    rounds: Annotated[int, typer.Option(help="How often each question is asked.", min=5, max=1_000)] = 15,
    keep: Keep = None,
    json: Json = False,
) -> None:
    """What questions cost, beside SQL written by hand on the same tables."""
    from aftercall.bench.query import run
    from aftercall.cli.output import document, note, table

    figures = run(conversations=conversations, rounds=rounds, keep=keep, progress=note)
    if json:
        return document(figures)
    queries = figures.pop("queries")
    rows = [
        (
            one["name"],
            one["ms"]["p50"],
            one["ms"]["p95"],
            one["by_hand_ms"]["p50"],
            one["ratio"],
            one["cpu_ratio"],
        )
        for one in queries
    ]
    columns = ("question", "#p50 ms", "#p95 ms", "#by hand p50 ms", "#ratio", "#cpu ratio")
    table("bench query, beside SQL by hand", columns, rows, empty="nothing was asked")
    return _print("bench query", figures, json)


@app.command()
def postcall(
    conversations: Annotated[int, typer.Option(help="How many calls to post at once.", min=40)] = 1_000,
    rate: Annotated[float, typer.Option(help="Calls a second, for the latency.", min=1)] = 50.0,
    seconds: Annotated[float, typer.Option(help="For how long.", min=1)] = 30.0,
    json: Json = False,
) -> None:
    """How many calls a second get their post-call result, and how soon one is seen. No model."""
    from aftercall.bench.postcall import run
    from aftercall.cli.output import note

    figures = run(conversations=conversations, rate=rate, seconds=seconds, progress=note)
    _print("bench postcall", figures, json)


@app.command()
def page(
    conversations: MadeUp = 100_000,
    rounds: Annotated[int, typer.Option(help="How often each thing is done.", min=3, max=200)] = 10,
    keep: Keep = None,
    json: Json = False,
) -> None:
    """What people wait for in a browser: the list, a filter, opening a conversation. Needs Chromium."""
    from aftercall.bench.page import run
    from aftercall.cli.output import note

    figures = run(conversations=conversations, rounds=rounds, keep=keep, progress=note)
    _print("bench page", figures, json)


@app.command()
def sdk(json: Json = False) -> None:
    """What write_metric costs a call, with the server up, slow and down."""
    from aftercall.bench.sdk import run

    _print("bench sdk", run(), json)


@app.command()
def extraction(
    data: Annotated[Path, typer.Option(help="The folder with star.jsonl.gz and eva_voice.jsonl.gz.")],
    training: Annotated[bool, typer.Option(help="The half the rules were written on, instead.")] = False,
    json: Json = False,
) -> None:
    """How often the rules are right on real conversations, with 95% intervals, beside a constant answer."""
    from aftercall.bench.extraction import run
    from aftercall.cli.output import document, note, table

    figures = run(data, half="training" if training else "held-out")
    if json:
        return document(figures)
    columns = ("field", "corpus", "#accuracy", "#low", "#high", "#baseline", "#balanced", "#n", "about")
    rows = [tuple(str(one[name.lstrip("#")]) for name in columns) for one in figures["fields"]]
    table(f"bench extraction ({figures['half']} half)", columns, rows, empty="nothing was measured")
    return note(f"{figures['calls_per_s']:,} calls/s on one core, all fields of a corpus")


@app.command()
def analyst(
    keep: Annotated[
        Path | None, typer.Option(help="Keep the demo's store in this folder, and use it the next time.")
    ] = None,
    json: Json = False,
) -> None:
    """How often plain questions are understood right: the question set, asked of the demo. No model."""
    from aftercall.bench.analyst import run
    from aftercall.cli.output import document, note

    figures = run(keep=keep, progress=note)
    if json:
        return document(figures)
    wrong = figures.pop("not_right")
    _print("bench analyst", figures, json)
    return note("\n".join(f"not right ({one['verdict']}): {one['ask']}" for one in wrong))


def _print(title: str, figures: dict[str, Any], json: bool) -> None:
    from aftercall.cli.output import document, table

    if json:
        return document(figures)
    return table(title, ("figure", "#value"), list(_flat(figures)), empty="nothing was measured")


def _flat(figures: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in figures.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{name}.")
        else:
            rows.append((f"{prefix}{name}", f"{value:,}" if isinstance(value, int | float) else str(value)))
    return rows
