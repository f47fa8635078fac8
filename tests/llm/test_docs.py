"""docs/models.md: every block of it works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from aftercall.llm import ChatCompletionError, Door
from aftercall.llm.route import resolve
from aftercall.llm.settings_file import load, parse
from aftercall.testing.model_endpoint import Answer, ModelCall, ModelEndpoint
from tests.llm.conftest import ROOT

PAGE = (ROOT / "docs" / "models.md").read_text()
NAMES = ["gpt-4o", "gpt-4o-mini", "gpt-4.1-mini", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-chat"]
NAMES += ["claude-sonnet-4", "claude-3.5-haiku"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_python_blocks_run(endpoint: ModelEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(call: ModelCall) -> Answer:
        if call.tools or "JSON" in call.prompt:
            return {"reason": "billing", "escalations": 0}
        return f"answer {call.number}"

    endpoint.script(answer)
    monkeypatch.setenv("AFTERCALL_HOME", str(tmp_path))
    monkeypatch.setenv("AFTERCALL_LLM_URL", endpoint.url)
    names: dict[str, Any] = {"__name__": "docs"}
    assert len(blocks("python")) == 6
    for block in blocks("python"):
        exec(compile(block, "docs/models.md", "exec"), names)  # noqa: S102 - our own page
    assert names["answer"] == {"reason": "billing", "escalations": 0}
    assert names["reason"].reason == "billing"
    assert names["removed"] == 1
    names["door"].close()


@pytest.mark.parametrize("block", blocks("bash"))
def test_the_variables_turn_a_model_on(block: str, tmp_path: Path) -> None:
    env = dict(assignment.removeprefix("export ").split("=", 1) for assignment in block.splitlines())
    assert shlex.split(block)[0] == "export"
    route = resolve(load(tmp_path, env), "dental")
    assert route.model in env["AFTERCALL_LLM_MODEL"]
    assert (route.endpoint.provider == "anthropic") == ("sk-ant" in block)


def test_the_file_maps_every_name_that_projects_use() -> None:
    (block,) = blocks("yaml")
    settings = parse(yaml.safe_load(block))
    found = {name: resolve(settings, "shop", name).model for name in NAMES}
    assert found["gpt-4o"] == found["gpt-5-nano"] == "gpt-4o"
    assert found["gpt-4.1-mini"] == "gpt-4.1-mini"
    assert found["claude-3.5-haiku"] == "claude-haiku-5-5"
    assert found["claude-sonnet-4"] == "claude-sonnet-5-5"
    assert resolve(settings, "dental", "gpt-4o").model == "qwen3:8b"
    assert (settings.cap_of("dental"), settings.cap_of("shop")) == (20, 5)


def test_every_code_of_the_page_is_real_and_every_code_is_on_it() -> None:
    room = Path(Door.__module__.replace(".", "/")).parent
    source = "".join(path.read_text() for path in (ROOT / "src" / room).glob("*.py"))
    in_code = set(re.findall(r'"(MODEL_[A-Z_]+)"', source)) - {"MODEL_NOT_CONFIGURED", "MODEL_FAILED"}
    assert set(re.findall(r"`(MODEL_[A-Z_]+)`", PAGE)) == in_code
    assert set(re.findall(r"MODEL_[A-Z_]+", ChatCompletionError.__doc__ or "")) == in_code
