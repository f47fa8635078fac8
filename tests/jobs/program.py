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
from aftercall.jobs import Settings
from aftercall.web.app import create_app
from aftercall.web.services import Services


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    config = Config.from_env()
    told = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(os.environ.get("AFTERCALL_TEST_SETTINGS", "{}")).items()
    }
    services = Services(config, postcall=replace(Settings.of(config), **told))
    services.open()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(config, services), log_level="warning"))
    _, key = services.catalog.keys.create("of a test", ["admin"])
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config.server_file.write_text(json.dumps({"url": url, "api_key": key, "pid": os.getpid()}))
    print(json.dumps({"url": url, "key": key}), flush=True)
    # uvicorn raises the signal that ended it once more, for whoever had asked for it before: nobody.
    signal.signal(signal.SIGTERM, lambda *_: None)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
