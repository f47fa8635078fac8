"""docs/sdk.md runs as written: each Python block in a process of its own, sending to a server double."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aftercall.testing import IngestServer

PAGE = Path(__file__).parents[2] / "docs" / "sdk.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def run(code: str, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / (found.group(1) if (found := re.match(r"# (\S+\.py)\n", code)) else "block.py")
    file.write_text(code)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AFTERCALL_", "PYTEST_"))
    }
    environment |= {
        "AFTERCALL_URL": url,
        "AFTERCALL_HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    how = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if file.name.startswith("test_") else []
    command = [sys.executable, *how, str(file)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_block(number: int, server: IngestServer, tmp_path: Path) -> None:
    done = run(BLOCKS[number], server.url, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if number == 0:
        kinds = ["start", "turn", "turn", "function_call", *["metric"] * 4, "log", "state", "end"]
        assert server.kinds() == kinds


def test_there_are_blocks() -> None:
    assert len(BLOCKS) == 5


def test_the_page_states_the_numbers_of_the_code() -> None:
    from aftercall.sdk.backoff import CONFIGURATION_S, LONGEST_S
    from aftercall.sdk.client import AT_EXIT_S
    from aftercall.sdk.settings import read_settings
    from aftercall.sdk.spooler import TICK_S

    text = " ".join(PAGE.read_text().split())
    settings = read_settings()
    assert TICK_S * 2 == 0.05
    assert f"{settings.max_spool_bytes >> 20} MiB for all processes" in text
    assert f"{settings.max_memory_bytes >> 20} MiB are kept in memory" in text
    assert f"pauses of up to {LONGEST_S:.0f} seconds" in text
    assert f"every {CONFIGURATION_S / 2:.0f} to {CONFIGURATION_S:.0f} seconds" in text
    assert AT_EXIT_S == 2
