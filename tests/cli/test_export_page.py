"""docs/export.md: its blocks run, and what it says is printed is printed."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from aftercall.metrics.export_formats import MEDIA_TYPES
from aftercall.web.api.export import ExportParameters
from tests.docs import Reader

PAGE = Path(__file__).resolve().parents[2] / "docs" / "export.md"
PRINTED = re.compile(r"(?:^    .*\n)+", re.MULTILINE)


@pytest.mark.slow
def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    env = {"AFTERCALL_HOME": str(tmp_path / "home"), "AFTERCALL_PORT": "0"}
    with Reader(PAGE, tmp_path, env) as reader:
        reader.read()
    prose = re.sub(r"^```.*?^```", "", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    shown = [textwrap.dedent(one).strip() for one in PRINTED.findall(prose)]
    assert len(shown) == 5
    for one in shown:
        assert one in "\n".join(reader.output), one


def test_the_page_names_every_format_and_parameter() -> None:
    text = PAGE.read_text()
    names = [*MEDIA_TYPES, *(field.alias or name for name, field in ExportParameters.model_fields.items())]
    assert [name for name in names if f"`{name}`" not in text] == []
