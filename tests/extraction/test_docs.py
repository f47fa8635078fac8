"""docs/extraction.md: every block of it works, and its tables name what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from aftercall.extraction import Field, check_examples, make_field
from aftercall.extraction.builtins import NAMES
from aftercall.extraction.definition import Extraction
from aftercall.extraction.evidence import MIN_QUOTE
from aftercall.extraction.llm import REPAIRS
from aftercall.extraction.rules.rule import COUNTS
from aftercall.extraction.window import WINDOW
from aftercall.testing.model_endpoint import ModelEndpoint
from tests.docs import Block, Reader, blocks_of
from tests.extraction.calls import answer
from tests.llm.conftest import ROOT

PATH = ROOT / "docs" / "extraction.md"
PAGE = PATH.read_text()
FIVE_MINUTES = PAGE[: PAGE.index("## The keys of extract")].count("\n")
"""Lines. Up to there everything is done as a reader would, with a server; after it, Python is run here."""


def blocks(language: str) -> list[str]:
    return [one.source for one in blocks_of(PATH) if one.language == language]


def fields() -> list[Field]:
    told: dict[str, Any] = {}
    for block in blocks("yaml"):
        told |= yaml.safe_load(block)
    return [make_field(name, **one) for name, one in told.items()]


@pytest.mark.parametrize("field", fields(), ids=lambda field: field.name)
def test_every_declared_field_fulfils_its_examples(field: Field) -> None:
    assert [str(failed) for failed in check_examples(field)] == []


def test_every_block_is_run_by_one_of_these_tests() -> None:
    assert {one.language for one in blocks_of(PATH)} <= {"bash", "python", "yaml", "json"}
    here, by_reader = here_and_by_reader()
    assert len(here) >= 5
    assert len(by_reader) >= 10
    assert len(here) + len(by_reader) + len(blocks("json")) >= len(blocks_of(PATH)) - len(blocks("yaml"))


def here_and_by_reader() -> tuple[list[Block], list[Block]]:
    here: list[Block] = []
    by_reader: list[Block] = []
    for one in blocks_of(PATH):
        if one.file is not None or one.language == "bash" or one.line < FIVE_MINUTES:
            by_reader.append(one)
        elif one.language == "python":
            here.append(one)
    return here, by_reader


@pytest.mark.slow
def test_from_zero_to_a_field_with_evidence(tmp_path: Path) -> None:
    home = {"AFTERCALL_HOME": str(tmp_path / "home"), "AFTERCALL_PORT": "0"}
    with Reader(PATH, tmp_path, home) as reader:
        for block in here_and_by_reader()[1]:
            reader.do(block)
    printed = "\n".join(reader.output)
    assert "SENTIMENT negative rules" in printed
    assert "    3 I have corrected it, you get ten dollars back." in printed
    assert "This is ridiculous!" in printed


def test_python_blocks_run(endpoint: ModelEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = (2, "I want to talk to a person.")
    endpoint.script({"ISSUE_RESOLVED": answer(False, wanted), "HUMAN_WANTED": answer(True, wanted)})
    monkeypatch.setenv("AFTERCALL_HOME", str(tmp_path))
    monkeypatch.setenv("AFTERCALL_LLM_URL", endpoint.url)
    names: dict[str, Any] = {"__name__": "docs"}
    for block in here_and_by_reader()[0]:
        exec(compile(block.source, "docs/extraction.md", "exec"), names)  # noqa: S102 - our own page
    assert len(endpoint.requests) == 1
    names["door"].close()


def test_every_key_count_and_built_in_is_on_the_page() -> None:
    for key in Extraction.__struct_fields__:
        assert f"`{key}`" in PAGE, key
    for name in COUNTS:
        assert re.search(rf"\b{name}\b", PAGE), name
    for name in NAMES:
        assert f"{{use: {name}}}" in PAGE, name


def test_numbers_on_the_page_are_those_of_the_code() -> None:
    assert f"{MIN_QUOTE} characters or longer" in PAGE
    assert f"more than {WINDOW:,} characters" in PAGE
    assert REPAIRS == 2
    assert "twice at most" in PAGE
