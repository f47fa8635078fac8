"""models.yaml, the three variables, and what stands behind a name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aftercall.errors import InvalidInput
from aftercall.llm import Door, ModelNotConfigured
from aftercall.llm.route import resolve
from aftercall.llm.settings_file import load, parse
from aftercall.llm.source import SettingsSource

FILE = """
endpoints:
  openai: {api_key_env: OPENAI_API_KEY, requests_per_minute: 500}
  local: {base_url: "http://127.0.0.1:11434/v1"}
  claude: {provider: anthropic, api_key_file: claude.key}
models:
  gpt-4o: {endpoint: openai}
  "gpt-*": {endpoint: local, model: "qwen3:8b"}
  "gpt-4.1*": {endpoint: openai, model: gpt-4.1-2025}
  "claude-*": {endpoint: claude, model: claude-haiku-5-5}
projects:
  dental:
    default: gpt-5-mini
    models:
      gpt-4o: {endpoint: local, model: llama3}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "models.yaml").write_text(FILE)
    return tmp_path


@pytest.mark.parametrize(
    ("project", "name", "endpoint", "model"),
    [
        ("shop", None, "openai", "gpt-4o"),
        ("shop", "gpt-4o", "openai", "gpt-4o"),
        ("shop", "gpt-4o-mini", "local", "qwen3:8b"),
        ("shop", "gpt-4.1-nano", "openai", "gpt-4.1-2025"),
        ("shop", "claude-3.5-haiku", "claude", "claude-haiku-5-5"),
        ("dental", None, "local", "qwen3:8b"),
        ("dental", "gpt-4o", "local", "llama3"),
        ("dental", "claude-sonnet-4", "claude", "claude-haiku-5-5"),
    ],
)
def test_names_are_mapped_per_project(
    home: Path, project: str, name: str | None, endpoint: str, model: str
) -> None:
    route = resolve(load(home, {}), project, name)
    assert (route.endpoint_name, route.model) == (endpoint, model)


def test_a_name_that_nothing_maps_says_what_is_mapped(home: Path) -> None:
    with pytest.raises(ModelNotConfigured, match=r"'gemini'.*'claude-\*', 'gpt-\*', 'gpt-4.1\*', 'gpt-4o'"):
        resolve(load(home, {}), "shop", "gemini")


def test_nothing_configured_says_how_to_turn_it_on(tmp_path: Path) -> None:
    door = Door(tmp_path, env={})
    with pytest.raises(
        NotImplementedError, match=r"AFTERCALL_LLM_KEY.*AFTERCALL_LLM_URL.*models\.yaml"
    ) as raised:
        door.session("dental", "c1").prompt_llm("Hello")
    assert isinstance(raised.value, ModelNotConfigured)
    assert raised.value.status == 501
    assert not door.is_configured("dental")
    assert list(tmp_path.iterdir()) == []  # asking left nothing behind
    door.close()


@pytest.mark.parametrize(
    ("env", "provider", "base_url", "model"),
    [
        ({"AFTERCALL_LLM_KEY": "k"}, "openai", None, "gpt-4o"),
        ({"AFTERCALL_LLM_URL": "http://h", "AFTERCALL_LLM_MODEL": "q3:8b"}, "openai", "http://h", "q3:8b"),
        ({"AFTERCALL_LLM_KEY": "k", "AFTERCALL_LLM_MODEL": "anthropic:c"}, "anthropic", None, "c"),
        ({"AFTERCALL_LLM_MODEL": "openai:o"}, "openai", None, "o"),
        ({"AFTERCALL_LLM_URL": "https://a.anthropic.com"}, "anthropic", "https://a.anthropic.com", "gpt-4o"),
        ({"AFTERCALL_LLM_URL": "https://notanthropic.com"}, "openai", "https://notanthropic.com", "gpt-4o"),
    ],
)  # fmt: skip
def test_one_line_for_one_endpoint(
    tmp_path: Path, env: dict[str, str], provider: str, base_url: str | None, model: str
) -> None:
    route = resolve(load(tmp_path, env), "any", None)
    assert (route.endpoint.provider, route.endpoint.base_url, route.model) == (provider, base_url, model)
    assert route.endpoint.api_key_env == ("AFTERCALL_LLM_KEY" if "AFTERCALL_LLM_KEY" in env else None)


def test_the_variables_take_over_every_name(home: Path) -> None:
    settings = load(home, {"AFTERCALL_LLM_URL": "http://127.0.0.1:1/v1", "AFTERCALL_LLM_MODEL": "tiny"})
    for project, name in [("shop", "gpt-4o"), ("dental", "gpt-4o"), ("dental", None), ("shop", "gemini")]:
        assert resolve(settings, project, name).model == "tiny"


def test_the_variables_do_not_undo_a_cap(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("daily_spend_cap: 5\n")
    with pytest.raises(InvalidInput, match="daily_spend_cap needs every model"):
        load(tmp_path, {"AFTERCALL_LLM_KEY": "k"})


UNPRICED = {"endpoints": {"a": {}}, "models": {"m": {"endpoint": "a"}}}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"modles": {}}, "modles"),
        ({"endpoints": {"a": {"provider": "gopher"}}}, "gopher"),
        ({"endpoints": {"a": {"concurrency": 0}}}, r">= 1.*endpoints"),
        ({"endpoints": {"a": {"timeout_s": "fast"}}}, r"endpoints"),
        ({"endpoints": {"a": {"base_url": "ftp://x"}}}, r"not an address.*endpoints\.a\.base_url"),
        ({"endpoints": {"a": {"base_url": "http://u:pw@h/v1"}}}, r"holds a password.*endpoints\.a"),
        ({"endpoints": {"a": {"api_key": "sk-1"}}}, r"in clear.*endpoints\.a"),
        ({"endpoints": {"a": {"api_key_env": "X", "api_key_file": "y"}}}, r"give one of.*endpoints\.a"),
        ({"models": {"m": {"endpoint": "a"}}}, r"no endpoint is called 'a'; there are: none - at models\.m"),
        ({"models": {"m": {}}}, "endpoint"),
        ({"projects": {"p": {"models": {"m": {"endpoint": "a"}}}}}, r"projects\.p\.models\.m"),
        ({**UNPRICED, "daily_spend_cap": 1}, r"price.*models\.m"),
        ({**UNPRICED, "projects": {"p": {"daily_spend_cap": 1}}}, r"price.*models\.m"),
        ({"models": {"m": {"endpoint": "a", "input_price": -1}}}, r">= 0"),
    ],
)  # fmt: skip
def test_a_wrong_configuration_says_where(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as raised:
        parse(given)
    assert raised.value.code == "MODELS_CONFIG_INVALID"
    assert "pw" not in str(raised.value).split("holds a password")[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("endpoints: {a: {api_key: sk-hush, ", "not YAML, line 1"),
        ("- a\n- b\n", "must be a mapping"),
        ("\x00", "not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_never_shows_its_lines(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "models.yaml").write_text(text)
    with pytest.raises(InvalidInput, match=problem) as raised:
        load(tmp_path, {})
    assert "hush" not in str(raised.value)


def test_a_key_in_clear_when_asked_for_is_not_in_what_settings_show() -> None:
    given = {"endpoints": {"a": {"api_key": "sk-hush", "api_key_in_clear": True}}}
    settings = parse(given)
    assert settings.endpoints["a"].api_key == "sk-hush"
    assert "hush" not in f"{settings!r} {settings}"


def test_an_empty_file_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("# nothing yet\n")
    assert not load(tmp_path, {}).configured


def test_a_changed_file_is_in_force_without_a_restart(tmp_path: Path) -> None:
    source = SettingsSource(tmp_path, env={})
    assert not source.now().configured
    (tmp_path / "models.yaml").write_text(FILE)
    assert source.now().configured
    assert source.now() is source.now()
    (tmp_path / "models.yaml").write_text("modles: {}")
    for _ in range(2):
        with pytest.raises(InvalidInput):
            source.now()
    (tmp_path / "models.yaml").unlink()
    assert not source.now().configured


def test_a_wrong_file_is_a_model_that_is_not_configured(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("modles: {}")
    door = Door(tmp_path, env={})
    with pytest.raises(NotImplementedError, match="modles"):
        door.session("dental").prompt_llm("Hello")
    door.close()


@pytest.mark.parametrize("content", [None, "", "  \n"])
def test_a_key_file_without_a_key_is_said(home: Path, content: str | None) -> None:
    if content is not None:
        (home / "claude.key").write_text(content)
    door = Door(home, env={})
    with pytest.raises(NotImplementedError, match="endpoint 'claude' has no key: "):
        door.session("dental").prompt_llm("Hello", model="claude-sonnet-4")
    door.close()


def test_a_key_that_is_not_set_is_said_without_asking_anybody(home: Path) -> None:
    door = Door(home, env={})
    with pytest.raises(NotImplementedError, match="OPENAI_API_KEY is empty or not set"):
        door.session("shop").prompt_llm("Hello")
    assert not door.is_configured("shop")
    assert door.is_configured("dental")
    door.close()


def test_a_key_of_two_lines_is_no_key_and_is_not_shown(home: Path) -> None:
    door = Door(home, env={"OPENAI_API_KEY": "sk-hush\nX-Header: 1"})
    with pytest.raises(NotImplementedError, match="more than one word") as raised:
        door.session("shop").prompt_llm("Hello")
    assert "hush" not in str(raised.value)
    door.close()
