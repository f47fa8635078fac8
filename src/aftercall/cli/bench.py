"""``aftercall bench ingest|sdk``: figures of this machine, beside the bound they can be held against."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from aftercall.cli.options import Json, group

app = group("Measure this installation. Takes a minute and touches no data of yours.")


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
def sdk(json: Json = False) -> None:
    """What write_metric costs a call, with the server up, slow and down."""
    from aftercall.bench.sdk import run

    _print("bench sdk", run(), json)


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
