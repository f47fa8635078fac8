"""What docs/quickstart.md says can be found in the demo is found, by the commands that it shows."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.demo.test_demo import demo, environment
from tests.docs import blocks_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "quickstart.md"

pytestmark = pytest.mark.slow


def shown() -> list[list[str]]:
    """The commands of the section on the demo, as lists of arguments."""
    text = PAGE.read_text(encoding="utf-8")
    first = text[: text.index("## 6. Ask the demo")].count("\n")
    blocks = [block for block in blocks_of(PAGE) if block.line > first and block.language == "bash"]
    return [shlex.split(line)[1:] for block in blocks for line in block.source.splitlines()]


class Asked:
    def __init__(self, home: Path) -> None:
        self._home = home

    def __call__(self, *arguments: str) -> Any:
        command = [sys.executable, "-m", "aftercall", *arguments, "--json"]
        env = environment(AFTERCALL_HOME=str(self._home))
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("ask")
    with demo(folder, calls=2_000, AFTERCALL_HOME=str(folder / "home")):
        yield Asked(folder / "home")


def command(*words: str) -> list[str]:
    """The one that the page shows with all of these words in it."""
    (found,) = [one for one in shown() if set(words) <= set(one)]
    return found


def test_three_days_without_a_payment_and_their_cause(ask: Asked) -> None:
    days = ask(*command("query", "PAYMENT_PROCESSED.conversations"))["rows"]
    handed = [day["HANDOFF_BILLING.conversations"] for day in days]
    paid = [day["PAYMENT_PROCESSED.conversations"] for day in days]
    runs = [list(run) for dry, run in groupby(range(len(days)), lambda place: paid[place] == 0) if dry]
    worst = max(runs, key=lambda run: sum(handed[place] for place in run))
    assert len(worst) >= 3, (paid, handed)
    assert sum(handed[place] for place in worst) / len(worst) > 1.5 * sum(handed) / len(handed)
    heard = ask(*command("list", "terminal"))["conversations"]
    assert heard
    get = [heard[0]["id"] if word == "ID" else word for word in command("get")]
    called = [event for event in ask(*get)["functionEvents"] if event["name"] == "take_payment"]
    assert any("terminal certificate expired" in (event["error"] or "") for event in called)


def test_booked_though_they_declined(ask: Asked) -> None:
    assert len(ask(*command("list", "should not have happened"))["conversations"]) >= 2
    rows = ask(*command("query", "transcript~should not have happened"))["rows"]
    assert [row["variant_name"] for row in rows] == ["brisk"]


def test_the_insurer_whose_line_stopped_answering(ask: Asked) -> None:
    rows = ask(*command("query", "INSURER"))["rows"]
    rates = {row["INSURER"]: row["INSURANCE_VERIFIED.rate"] for row in rows if row["INSURER"]}
    assert rates.pop("Bluefinch") < min(rates.values()) / 2
