"""docs/dashboards.md: its tiles are tiles, its commands run, its tables name what there is."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
import yaml

from aftercall.charts.board import narrowed
from aftercall.charts.dashboards_file import read_dashboards, write_dashboards
from aftercall.charts.template import ORDER
from aftercall.charts.tile import Kind, Tile
from tests.cli.conftest import Cli
from tests.docs import blocks_of
from tests.servers import ROOT, Server

PAGE = ROOT / "docs" / "dashboards.md"
BLOCKS = blocks_of(PAGE)
TEXT = PAGE.read_text(encoding="utf-8")
TILES = [one for one in BLOCKS if one.words == ("tile",)]


@pytest.mark.parametrize("block", TILES, ids=[f"line {one.line}" for one in TILES])
def test_each_tile_of_the_page_can_be_asked(block: object) -> None:
    tile = Tile.read(json.loads(block.source))  # type: ignore[attr-defined]
    assert Tile.read(tile.plain()) == tile
    assert narrowed(tile).measures


def test_the_commands_of_the_page_work(
    cli: Cli, running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.project("docs-boards")
    monkeypatch.chdir(tmp_path)
    (file,) = (one.source for one in BLOCKS if one.language == "yaml")
    Path("dashboards.yaml").write_text(file)
    lines = [line for one in BLOCKS if one.language == "bash" for line in one.source.splitlines()]
    assert len(lines) == 9
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "aftercall"
        done = cli(*arguments, "--project", "docs-boards")
        assert done.code == 0, line + done.err
    assert Path("channels.png").read_bytes().startswith(b"\x89PNG")
    assert 'width="900"' in Path("calls.svg").read_text()


def test_the_file_of_the_page_is_what_it_is_when_written_again() -> None:
    (file,) = (one.source for one in BLOCKS if one.language == "yaml")
    read = read_dashboards(yaml.safe_load(file))
    again = read_dashboards(yaml.safe_load(write_dashboards(read)))
    assert len(read) == 1 and read[0].same(again[0])


def test_the_dental_clinic_has_one() -> None:
    told = yaml.safe_load((ROOT / "examples" / "dental_clinic" / "dashboards.yaml").read_text())
    (board,) = read_dashboards(told)
    assert {one.tile.kind for one in board.body.tiles} >= {
        "kpi",
        "bar",
        "donut",
        "funnel",
        "heatmap",
        "table",
    }


def test_the_page_names_every_field_kind_and_template() -> None:
    named = set(re.findall(r"`([a-z_]+)`", TEXT))
    assert set(Tile.model_fields) <= named
    assert set(get_args(Kind)) <= named
    assert set(ORDER) <= named
