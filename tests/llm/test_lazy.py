"""What is not used costs nothing: no import, no thread, no file."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from aftercall.llm import Door, ModelNotConfigured
from aftercall.testing.model_endpoint import ModelEndpoint
from tests.llm.conftest import OpenDoor, finished

Start = Callable[..., "subprocess.Popen[str]"]


def test_importing_the_room_imports_nothing_heavy(start_python: Start, tmp_path: Path) -> None:
    code = """
import sys, threading
from pathlib import Path
from aftercall.llm import Door
door = Door(Path(sys.argv[1]), env={})
try:
    door.session("p").prompt_llm("Hello")
except NotImplementedError:
    pass
door.warm()
door.close()
heavy = {"pydantic_ai", "openai", "anthropic", "pydantic", "httpx2", "yaml", "sqlalchemy"} & set(sys.modules)
print(sorted(heavy), threading.active_count(), list(Path(sys.argv[1]).iterdir()))
"""
    assert finished(start_python(code, tmp_path)) == "[] 1 []\n"


def test_without_the_servers_install_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "aftercall.llm.structured", raising=False)
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    door = Door(tmp_path, env={"AFTERCALL_LLM_KEY": "k"})
    with pytest.raises(NotImplementedError, match=r'pip install "aftercall\[server\]"') as raised:
        door.session("dental").prompt_llm("Hello")
    assert isinstance(raised.value, ModelNotConfigured)
    door.close()


def test_a_stopped_network_guard_would_be_noticed() -> None:
    import socket

    with pytest.raises(AssertionError, match="tried to look up"):
        socket.getaddrinfo("example.com", 443)
    with socket.socket() as sock, pytest.raises(AssertionError, match="tried to reach"):
        sock.connect(("192.0.2.1", 443))


def test_pydantic_ais_own_switch_is_respected(
    endpoint: ModelEndpoint, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pydantic_ai.models

    monkeypatch.setattr(pydantic_ai.models, "ALLOW_MODEL_REQUESTS", False)
    with pytest.raises(RuntimeError, match="not allowed"):
        open_door().session("dental").prompt_llm("Hello")
    assert endpoint.requests == []


def test_first_calls_from_many_threads_at_once(
    endpoint: ModelEndpoint, start_python: Start, tmp_path: Path
) -> None:
    code = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from aftercall.llm import Door
session = Door(Path(sys.argv[1])).session("p", "c")
with ThreadPoolExecutor(16) as pool:
    print(list(pool.map(session.prompt_llm, [f"question {n}" for n in range(16)])) == ["ok"] * 16)
"""
    assert finished(start_python(code, tmp_path, env={"AFTERCALL_LLM_URL": endpoint.url})) == "True\n"
