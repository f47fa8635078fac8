"""docs/cli.md has every command there is, and none that there is not; README and tutorials name real ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer.main

from aftercall.cli import app

DOCS = Path(__file__).resolve().parents[2] / "docs"
TOP = typer.main.get_command(app)
ROW = re.compile(r"^\| (`aftercall .*?) \|", re.MULTILINE)


def commands(of: click.Command = TOP, before: str = "") -> Iterator[str]:
    """``conversations list``, ``serve``...; typer has a click of its own, so no isinstance here."""
    for name, one in getattr(of, "commands", {}).items():
        if getattr(one, "commands", None):
            yield from commands(one, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def documented() -> set[str]:
    """The first column of the table: `aftercall webhooks list`, `add URL`, `remove ID` are three commands."""
    found = set()
    groups = {name for name, one in TOP.commands.items() if getattr(one, "commands", None)}
    for row in ROW.findall((DOCS / "cli.md").read_text()):
        group = ""
        for told in re.findall(r"`([^`]+)`", row):
            words = told.removeprefix("aftercall ").split()
            if words[0] in groups:
                group, words = words[0], words[1:]
            found.add(f"{group} {words[0]}".strip())
    return found


def test_every_command_is_documented_and_every_documented_one_is_there() -> None:
    there = set(commands())
    assert len(there) > 30
    assert documented() == there


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_pages_name_commands_that_there_are(page: str) -> None:
    there = set(commands())
    groups = {name.partition(" ")[0] for name in there}
    for line in re.findall(r"(?:^|`)aftercall ([a-z][\w -]*)", (DOCS / page).read_text(), re.MULTILINE):
        words = line.split()
        assert words[0] in groups, line
        if words[0] not in there and len(words) > 1:
            assert f"{words[0]} {words[1]}" in there, line
