"""``aftercall chat DIR``: hold a call with an agent project in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aftercall.cli.options import Folder, Json, Project, Python

if TYPE_CHECKING:
    from aftercall.cli.held import Held
    from aftercall.runtime.chat import Line

STYLES = {
    "agent": "bold",
    "function": "blue",
    "metric": "green",
    "flow": "magenta",
    "handoff": "yellow",
    "sms": "cyan",
    "log": "yellow",
    "error": "red",
    "note": "dim",
    "end": "dim",
}


def chat(
    folder: Folder,
    project: Project = None,
    conversation_id: Annotated[
        str | None, typer.Option("--id", help="The conversation's id. Default: a new one.")
    ] = None,
    environment: Annotated[
        str, typer.Option(help="live, pre-release or sandbox: what reports may leave out.")
    ] = "sandbox",
    caller: Annotated[str | None, typer.Option(help="The caller's number.")] = None,
    language: Annotated[str | None, typer.Option(help="Such as en-GB.")] = None,
    variant: Annotated[str | None, typer.Option(help="The agent's variant.")] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="conv.real_time_config, as YAML or JSON. Default: the project's setting on the server.",
        ),
    ] = None,
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="You play the agent, too, also where a model is configured.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Tell no server of it; end_function runs here.")
    ] = False,
    python: Python = None,
    json: Json = False,
) -> None:
    """You are the caller; metrics appear as they are written. A configured model plays the agent, else you
    choose its functions: /help. The call is recorded on the server, which runs end_function. Exit code 3 when
    that fails, or takes more than half a minute."""
    from aftercall.cli.agent_project import slug_for
    from aftercall.cli.exits import PARTLY
    from aftercall.cli.held import Wish, hold
    from aftercall.cli.output import document

    facts = {"env": environment, "caller_number": caller, "language": language, "variant_name": variant}
    show = _silent if json else _print
    slug = slug_for(folder, project)
    wish = Wish(folder, slug, conversation_id, facts, python, config, by_hand, offline)
    with hold(wish, show) as held:
        _talk(held, show)
        analysed = held.finish()
    if json:
        document(held.summary())
    if not analysed:
        raise typer.Exit(PARTLY)


def _talk(held: Held, show: Any) -> None:
    """To the end of the call, or of the input; Ctrl-C hangs up."""
    try:
        show(held.begin())
        for typed in _typed():
            show(held.take(typed))
            if held.is_over:
                return
    except KeyboardInterrupt:
        pass
    show(held.hang_up())


def _typed() -> Iterator[str]:
    if not sys.stdin.isatty():
        for line in sys.stdin:
            yield line.rstrip("\r\n")
        return
    import readline  # noqa: F401 - input() gets the arrow keys by it

    while True:
        try:
            yield input("you> ")
        except EOFError:
            print(file=sys.stderr)
            return


def _print(lines: Iterable[Line]) -> None:
    from aftercall.cli.output import console, text

    out = console()
    for line in lines:
        for part in line.text.splitlines() or [""]:
            out.print(text(f"{line.kind:9}", "dim") + text(part, STYLES[line.kind]), soft_wrap=True)
    sys.stdout.flush()


def _silent(lines: Iterable[Line]) -> None:
    for _ in lines:
        pass
