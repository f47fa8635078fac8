"""docs/tutorial.md does what it says, from an empty folder to a metric on screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercall.runtime.init import init
from aftercall.runtime.scenarios import run_scenarios
from aftercall.testing.model_endpoint import ModelEndpoint
from tests.docs import Reader, blocks_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
MODEL = "http://127.0.0.1:11434/v1"


@pytest.mark.slow
def test_every_block_runs_from_init_to_the_replay(tmp_path: Path) -> None:
    home = {"AFTERCALL_HOME": str(tmp_path / "home"), "AFTERCALL_PORT": "0"}
    with ModelEndpoint() as model:
        model.script({"CALL_REASON": "repair", "SATISFIED": True})
        with Reader(PAGE, tmp_path, home, replace={MODEL: model.url}) as reader:
            reader.read()
        assert len(model.requests) == 1  # only the replay asks: there was no model before
        assert "I have a flat tire" in model.requests[0].prompt
    printed = "\n".join(reader.output)
    assert "REPAIR_BOOKED" in printed
    assert "{'REPAIR_BOOKED': 'true', 'ESTIMATE': '15', 'CALL_REASON': 'repair'}" in printed
    assert "SATISFIED" in reader.output[-1]


def test_its_project_is_what_init_writes_and_its_function_and_scenario_fit(tmp_path: Path) -> None:
    written = init(tmp_path / "bike-shop")
    for name in written:
        assert name.rpartition("/")[2] in PAGE.read_text(), f"{name} is not shown"
    reader = Reader(PAGE, tmp_path, {"AFTERCALL_HOME": str(tmp_path / "home")})
    for block in blocks_of(PAGE):
        if block.language == "python" and ("file=" in " ".join(block.words) or "# excerpt" in block.source):
            reader.do(block)
        elif block.language == "bash" and block.source.startswith("cat > bike-shop/"):
            reader.do(
                type(block)("bash", (), block.source.replace("aftercall test bike-shop\n", ""), block.line)
            )
    results = run_scenarios(tmp_path / "bike-shop")
    assert {result.file: result.problems for result in results} == {
        "flat_tire.yaml": [],
        "is_it_ready.yaml": [],
    }


def test_a_page_that_lies_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for block, message in (
        ("```bash\nfalse\n```\n", "page.md, line 1 ended with 1"),
        ("text\n\n```bash\necho out | grep in\n```\n", "page.md, line 3 ended with 1"),
        ("```python\nassert 1 == 2\n```\n", "ended with 1"),
        ("```python\n# excerpt of code.py\ngone = 1\n```\n", "code.py has no line 'gone = 1'"),
        ("```bash server\nfalse\n```\n", "the server ended with 1"),
    ):
        page.write_text(block)
        (tmp_path / "code.py").write_text("here = 1\n")
        with (
            Reader(page, tmp_path, {"AFTERCALL_HOME": str(tmp_path)}) as reader,
            pytest.raises(AssertionError, match=message),
        ):
            reader.read()


def test_blocks_share_a_folder_and_what_comes_later_is_waited_for(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```python file=a/one.py\nprint('PLACE')\n```\n"
        "```bash\npip install nothing\n(sleep 0.3; touch later) > /dev/null 2>&1 &\n```\n"
        "```bash retry\ntest -e later && python a/one.py\n```\n"
        "```text\nnot run\n```\n"
    )
    with Reader(page, tmp_path, {"AFTERCALL_HOME": str(tmp_path)}, replace={"PLACE": "here"}) as reader:
        reader.read()
    assert reader.output == ["", "here\n"]
