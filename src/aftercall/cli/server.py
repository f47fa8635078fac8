"""``aftercall serve``, ``aftercall demo`` and ``aftercall sign-in``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from aftercall.cli.options import Json

if TYPE_CHECKING:
    from aftercall.config import Config

Host = Annotated[str | None, typer.Option(help="Address to listen on. Default: AFTERCALL_HOST or 127.0.0.1.")]
Port = Annotated[
    int | None,
    typer.Option(help="0 lets the system choose. Default: AFTERCALL_PORT or 8440.", max=65535, min=0),
]
Home = Annotated[
    Path | None, typer.Option(help="Folder of everything kept. Default: AFTERCALL_HOME or ~/.aftercall.")
]


def serve(host: Host = None, port: Port = None, home: Home = None) -> None:
    """Run the server until Ctrl-C or SIGTERM. What was taken is committed before it ends."""
    from aftercall.web.server import serve as run

    _log_to_stderr()
    config = configured(host, port, home, os.environ)
    # In a thread: the server calls this from its own, which must not wait for a database.
    run(config, lambda running: Thread(target=_welcome, args=(config, running.url), name="welcome").start())


def _welcome(config: Config, url: str) -> None:
    """Until somebody has set a password there is no other way in than a link."""
    from aftercall.cli.output import say
    from aftercall.web.pages.enter import MINUTES, first_link

    link = first_link(config, url)
    if link is not None:
        say(f"sign in, once and within {MINUTES} minutes: {link}")
        sys.stdout.flush()


def sign_in(json: Json = False) -> None:
    """Print a link that signs you in to the server of this machine, as its administrator. Good once."""
    from aftercall.cli.agent_project import config_of
    from aftercall.cli.connection import local_home, running
    from aftercall.cli.output import document, note, say
    from aftercall.config import Config
    from aftercall.errors import Unavailable
    from aftercall.web.pages.enter import MINUTES, sign_in_link

    home = local_home(Config.from_env()).home
    config = config_of(home)
    address = running(config)
    if address is None:
        raise Unavailable(f"no server runs on {home}: `aftercall serve` starts one", code="UNREACHABLE")
    link = sign_in_link(config, address.url)
    if json:
        return document({"link": link, "minutes": MINUTES})
    note(f"good once, for {MINUTES} minutes")
    return say(link)


def demo(
    port: Port = None,
    home: Annotated[Path | None, typer.Option(help="Default: AFTERCALL_HOME or ~/.aftercall-demo.")] = None,
    calls: Annotated[int, typer.Option(help="Calls of the last 60 days.", min=0, max=10_000)] = 2_000,
) -> None:
    """Run a server with the made-up calls of a dental clinic in it, and more coming in live."""
    from aftercall.cli.connection import demo_home
    from aftercall.demo.run import run

    environment = dict(os.environ)
    if home is None and not environment.get("AFTERCALL_HOME"):
        home = demo_home()
        for name in ("AFTERCALL_STORE_URL", "AFTERCALL_CATALOG_URL"):
            environment.pop(name, None)  # where real calls are kept: no place for made-up ones
    # The demo has no model, and that each call asks for one in vain is no news.
    _log_to_stderr(quiet="aftercall.runtime")
    run(configured(None, port, home, environment), calls)


def _log_to_stderr(quiet: str | None = None) -> None:
    import logging

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("uvicorn", "httpx", "alembic", *filter(None, [quiet])):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def configured(
    host: str | None, port: int | None, home: Path | None, environment: Mapping[str, str]
) -> Config:
    """The environment's settings, with these options before them."""
    from aftercall.config import Config

    options = {"AFTERCALL_HOST": host, "AFTERCALL_PORT": port, "AFTERCALL_HOME": home}
    told = {name: str(value) for name, value in options.items() if value is not None}
    return Config.from_env({**environment, **told})
