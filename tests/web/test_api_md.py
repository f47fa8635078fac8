"""docs/api.md as it stands, command by command, against a server."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.servers import Server

API_MD = Path(__file__).resolve().parents[2] / "docs" / "api.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", API_MD.read_text(), re.MULTILINE | re.DOTALL)[1:]


@pytest.mark.skipif(
    shutil.which("curl") is None, reason="NO CURL HERE: the commands of docs/api.md did NOT run"
)
def test_the_commands_of_the_page_work(server: Server) -> None:
    assert sum(block.count("curl ") for block in BLOCKS) >= 15
    answers = [
        run(server, block.replace("curl -sS", "curl -sS -w '\\nstatus %{http_code}\\n'")) for block in BLOCKS
    ]
    statuses = [
        status for answer in answers for status in re.findall(r"^status (\d+)$", answer, re.MULTILINE)
    ]
    # The one refusal is the event that the page itself calls a mistake.
    assert statuses.count("422") == 1
    assert set(statuses) == {"200", "201", "202", "422"}
    everything = "".join(answers)
    assert '{"accepted":6,"duplicates":0,"clock_corrected":0,"rejected":[]}' in everything
    assert '"SMS_SENT":"true"' in everything


def run(server: Server, commands: str) -> str:
    # What a command line hands on to a program must stay what the program printed.
    commands = re.sub(r"(\w+=\$\(curl -sS) -w '[^']*'", r"\1", commands)
    done = subprocess.run(
        ["bash", "-ec", f"URL={server.url}\nKEY={server.key}\n{commands}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, commands + done.stderr
    return done.stdout
