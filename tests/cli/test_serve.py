"""``aftercall serve``: in the foreground, one per home, gone when told to."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.cli.conftest import call, environment


def test_serve_tells_where_it_is_and_ends_well(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-m", "aftercall", "serve", "--port", "0", "--home", str(home)]
    with subprocess.Popen(
        command, env=environment(tmp_path / "another"), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            assert "serves at http://127.0.0.1:" in process.stderr.readline()
            told = json.loads((home / "server.json").read_text())
            assert httpx.get(f"{told['url']}/readyz", trust_env=False).status_code == 200
            second = call(home, "serve", "--port", "0")
            assert (second.code, str(process.pid) in second.err) == (2, True)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
    assert not (home / "server.json").exists()
    assert not (tmp_path / "another").exists()


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    done = call(tmp_path, "serve", "--host", "203.0.113.1", "--port", "8440")
    assert done.code == 2
    assert "203.0.113.1:8440" in done.err
