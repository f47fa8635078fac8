"""``aftercall demo``: a server in the foreground, with the example agent in it, and its callers beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from aftercall.cli.output import console, note, say
from aftercall.config import Config
from aftercall.demo.agent import Registered, register

if TYPE_CHECKING:
    from aftercall.web.server import Running

Handler = Callable[[int, FrameType | None], object]
END_S = 10.0
"""How long the agent process may take to tell that its calls are over."""


def run(config: Config, calls: int) -> None:
    """Returns when the server ends: Ctrl-C, or SIGTERM."""
    from aftercall.web.server import serve

    companion = Companion(config, calls)

    def ready(running: Running) -> None:
        companion.server_is_ready(running)
        _end_first(companion)

    try:
        serve(config, ready)
    finally:
        companion.stop()


def _end_first(companion: Companion) -> None:
    """At a signal the agent process ends its calls while there is still a server to tell; then the server.

    A second signal goes to the server at once.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        to_server = signal.getsignal(number)
        assert callable(to_server)

        def handle(came: int, frame: FrameType | None, to_server: Handler = to_server) -> None:
            signal.signal(came, to_server)

            def both() -> None:
                companion.stop()
                to_server(came, frame)

            threading.Thread(target=both, name="demo-end").start()

        signal.signal(number, handle)


class Companion:
    """Says where the server of this process is, and keeps the agent process beside it.

    The player lives as long as its standard input is open, so it ends with this process however that
    ends, kill -9 included. What it has not delivered by then it delivers at the next demo.
    """

    def __init__(self, config: Config, calls: int) -> None:
        self._config = config
        self._calls = calls
        self._stopping = threading.Event()
        self._player: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def server_is_ready(self, running: Running) -> None:
        """Called by the server's own thread, which must not wait for anything."""
        self._thread = threading.Thread(target=self._run, args=(running,), name="demo")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        if self._player is not None:
            _end(self._player)

    def _run(self, running: Running) -> None:
        from aftercall.web.pages.enter import MINUTES, sign_in_link

        say(f"aftercall is running at {running.url}")
        say(f"key {running.api_key}")
        say(f"home {self._config.home}")
        link = sign_in_link(self._config, running.url)
        say(f"sign in, once and within {MINUTES} minutes: {link}")
        say(f"API documentation: {running.url}/docs")
        sys.stdout.flush()
        registered = register(self._config)
        if self._config.open_browser:
            webbrowser.open(link)
        if not self._stopping.is_set():
            self._player = self._start_player(registered)
            threading.Thread(target=self._watch, args=(self._player,), name="demo-watch", daemon=True).start()

    def _start_player(self, registered: Registered) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "aftercall.demo.simulator.feed", "--analysed"]
        command += ["--project", registered.project, "--version", registered.version]
        command += ["--calls", str(self._calls)]
        environment = _environment(self._config.home)
        return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def _watch(self, player: subprocess.Popen[bytes]) -> None:
        """Show how far the history is, then read on: a full pipe would stop the player."""
        assert player.stdout is not None
        with console().status(f"playing {self._calls} calls of the last 60 days") as status:
            for line in player.stdout:
                told = json.loads(line)
                status.update(f"played {told['played']} of {told['of']} calls of the last 60 days")
                if told["sent"]:
                    say(f"{told['of']} calls are in; new ones come every few seconds. Ctrl-C ends the demo.")
                    sys.stdout.flush()
                    break
        for _ in player.stdout:
            pass
        if not self._stopping.is_set():
            note(f"the agent process ended with code {player.wait()}: no more calls come in")


def _end(player: subprocess.Popen[bytes]) -> None:
    assert player.stdin is not None
    player.stdin.close()
    try:
        player.wait(END_S)
    except subprocess.TimeoutExpired:
        player.kill()
        player.wait()


def _environment(home: Path) -> dict[str, str]:
    """Of an agent process on this home: it finds the server there, whatever else this terminal talks to."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
    return kept | {"AFTERCALL_HOME": str(home)}
