"""A server process with post-call work in it: ``python -m tests.jobs.program`` under AFTERCALL_HOME.

Prints one line once it takes requests: {"url", "key"}. SIGTERM ends it. AFTERCALL_TEST_SETTINGS: fields of
jobs/settings.py as JSON.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
from dataclasses import replace

import uvicorn

from aftercall.config import Config
from aftercall.jobs import Jobs, Settings
from aftercall.llm import Door
from aftercall.web.api.privacy import View
from aftercall.web.api.render import v3_item
from aftercall.web.app import create_app
from aftercall.web.services import Services


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    config = Config.from_env()
    services = Services(config)
    services.open()
    told = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(os.environ.get("AFTERCALL_TEST_SETTINGS", "{}")).items()
    }
    view = View(transcripts=True, pii=True)
    jobs = Jobs(
        config,
        services.catalog,
        services.store,
        render=lambda found, project: v3_item(found, project, view, latency=True),
        door=Door(config.home),
        settings=replace(Settings.of(config), **told),
    )
    jobs.start()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(config, services), log_level="warning"))
    _, key = services.catalog.keys.create("of a test", ["admin"])
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config.server_file.write_text(json.dumps({"url": url, "api_key": key, "pid": os.getpid()}))
    print(json.dumps({"url": url, "key": key}), flush=True)
    closing = services.close
    services.close = lambda: None  # type: ignore[method-assign] # the application's end: jobs come first
    # uvicorn raises the signal that ended it once more, for whoever had asked for it before: nobody.
    signal.signal(signal.SIGTERM, lambda *_: None)
    server.run(sockets=[listener])
    jobs.close()
    closing()


if __name__ == "__main__":
    main()
