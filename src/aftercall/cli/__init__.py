"""The command line. One file per group of commands; docs/cli.md shows them all.

Nothing but Typer is imported until a command runs, so that `aftercall --help` answers at once.
"""

from __future__ import annotations

import os

import typer

from aftercall.cli import (
    agents,
    ask,
    backfill,
    bench,
    chart,
    chat,
    conversations,
    dashboards,
    export,
    imports,
    init,
    keys,
    metrics,
    postcall,
    projects,
    query,
    rejects,
    replay,
    scenarios,
    server,
    webhooks,
)
from aftercall.cli.options import Json
from aftercall.errors import AftercallError, InternalError

app = typer.Typer(
    help="Every call an AI agent handles becomes structured, queryable reporting data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("serve")(server.serve)
app.command("demo")(server.demo)
app.command("sign-in")(server.sign_in)
app.command("init")(init.init)
app.command("test")(scenarios.test)
app.command("chat")(chat.chat)
app.command("import")(imports.import_)
app.command("query")(query.query)
app.command("ask")(ask.ask)
app.command("chart")(chart.chart)
app.command("export")(export.export)
app.command("postcall")(postcall.postcall)
app.command("replay")(replay.replay)
app.command("backfill")(backfill.backfill)
app.add_typer(agents.app, name="agents")
app.add_typer(conversations.app, name="conversations")
app.add_typer(projects.app, name="projects")
app.add_typer(metrics.app, name="metrics")
app.add_typer(dashboards.app, name="dashboards")
app.add_typer(keys.app, name="keys")
app.add_typer(rejects.app, name="rejects")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(bench.app, name="bench")


@app.command("version")
def version(json: Json = False) -> None:
    """Which version this is."""
    from aftercall import __version__
    from aftercall.cli.output import document, say

    if json:
        return document({"version": __version__})
    return say(f"aftercall {__version__}")


def main() -> int:
    """Run the command line; its exit code (docs/cli.md has the list)."""
    try:
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except AftercallError as error:
        return _failed(error)
    except Exception as error:  # noqa: BLE001 - a traceback is for us, one line is for everybody else
        return _failed(
            InternalError(
                f"aftercall broke ({type(error).__name__}: {error}); AFTERCALL_DEBUG=1 shows where"
            ),
            cause=error,
        )
    return 0


def _failed(error: AftercallError, cause: Exception | None = None) -> int:
    from aftercall.cli.exits import exit_code
    from aftercall.cli.output import note

    if os.environ.get("AFTERCALL_DEBUG") == "1":
        import traceback

        traceback.print_exception(cause or error)
    note(f"aftercall: {error.message}")
    return exit_code(error)
