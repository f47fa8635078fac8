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
from tests.extraction.calls import answer
from tests.llm.conftest import ROOT

PAGE = (ROOT / "docs" / "extraction.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def fields() -> list[Field]:
    told: dict[str, Any] = {}
    for block in blocks("yaml"):
        told |= yaml.safe_load(block)
    return [make_field(name, **one) for name, one in told.items()]


@pytest.mark.parametrize("field", fields(), ids=lambda field: field.name)
def test_every_declared_field_fulfils_its_examples(field: Field) -> None:
    assert [str(failed) for failed in check_examples(field)] == []


def test_there_are_as_many_blocks_as_are_run() -> None:
    languages = re.findall(r"^```(\w+)", PAGE, re.MULTILINE)
    assert sorted(languages) == ["python"] * 5 + ["yaml"] * 4


def test_python_blocks_run(endpoint: ModelEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = (2, "I want to talk to a person.")
    endpoint.script({"ISSUE_RESOLVED": answer(False, wanted), "HUMAN_WANTED": answer(True, wanted)})
    monkeypatch.setenv("AFTERCALL_HOME", str(tmp_path))
    monkeypatch.setenv("AFTERCALL_LLM_URL", endpoint.url)
    names: dict[str, Any] = {"__name__": "docs"}
    for block in blocks("python"):
        exec(compile(block, "docs/extraction.md", "exec"), names)  # noqa: S102 - our own page
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
