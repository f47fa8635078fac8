"""The blocks of docs/agents.md run, from the first to the last, in one folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aftercall.runtime.limits import MIB, Limits
from tests.runtime.stored import DO, READ, UTILS

PAGE = Path(__file__).parents[2] / "docs" / "agents.md"
BLOCK = re.compile(r"^```python(?: file=(\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_block_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clinic").mkdir()
    monkeypatch.chdir(tmp_path / "clinic")
    names: dict[str, object] = {}
    for file, source in BLOCK.findall(PAGE.read_text()):
        if file:
            Path(file).parent.mkdir(exist_ok=True)
            Path(file).write_text(source)
        else:
            exec(compile(source, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    checked, added, ran = capsys.readouterr().out.splitlines()
    assert checked == "['ask_model', 'end_function'] []"
    assert re.fullmatch(r"([0-9a-f]{16}) True \['\1'\]", added)
    assert ran == "{'USER_TURNS': 1, 'CALL_REASON': 'toothache', 'FOLLOW_UP_NEEDED': False}"


def test_every_name_of_conv_is_in_its_table() -> None:
    page = PAGE.read_text()
    told = set(re.findall(r"\w+", "".join(re.findall(r"^\| `[^|]*\|", page, re.MULTILINE))))
    assert {*READ, *DO, *UTILS} - told == set()


def test_the_limits_are_those_of_the_code() -> None:
    page, limits = PAGE.read_text(), Limits()
    for line in (
        f"| time of a call, models included | {limits.seconds:g} s |",
        f"| memory, of all its processes together | {limits.memory_bytes // MIB} MiB |",
        f"| processes started | {limits.processes} |",
        f"| printed | {limits.output_bytes // MIB} MiB;",
        f"| events written | {limits.events:,} or {limits.event_bytes // MIB} MiB |",
        f"| one event, prompt or result | {limits.line_bytes // MIB} MiB |",
        f"| one file written | {limits.file_bytes // MIB} MiB |",
        f"| questions to models and for secrets | {limits.prompts:,} |",
        f"| calls of one process | {limits.calls_per_worker:,} |",
    ):
        assert line in page
