"""docs/metrics.md: its blocks run, and what it says is printed is printed."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from aftercall.metrics.lint.lint import CODES
from aftercall.runtime.metrics_file import _OF_METRICS, _OF_RATIOS
from tests.docs import Reader

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "metrics.md"
PRINTED = re.compile(r"(?:^    .*\n)+", re.MULTILINE)


@pytest.mark.slow
def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    env = {"AFTERCALL_HOME": str(tmp_path / "home"), "AFTERCALL_PORT": "0"}
    with Reader(PAGE, tmp_path, env) as reader:
        reader.read()
    prose = re.sub(r"^```.*?^```", "", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    shown = [textwrap.dedent(one).strip() for one in PRINTED.findall(prose)]
    assert len(shown) == 3
    for one in (shown[0], shown[2]):  # the one between is about calls that this page does not make
        assert one in "\n".join(reader.output), one


def test_the_page_names_every_key_and_every_code() -> None:
    text = PAGE.read_text()
    assert [code for code in sorted(CODES) if f"| `{code}` |" not in text] == []
    keys = (_OF_METRICS | _OF_RATIOS) - {"description", "expected_values", "api"}
    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []


def test_the_list_of_codes_is_whole() -> None:
    sources = (ROOT / "src/aftercall/metrics/lint").glob("*.py")
    text = "\n".join(path.read_text() for path in sources if path.name != "lint.py")
    assert (
        set(re.findall(r'^\s*(?:CODE = )?"([A-Z]+(?:_[A-Z]+)*)"(?:,|$)', text, re.MULTILINE))
        - {"UPPER_SNAKE"}
        == CODES
    )
