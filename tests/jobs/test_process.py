"""A whole server: a project's code in a child, models asked through the server, results in the API."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from aftercall.runtime import add
from aftercall.testing.model_endpoint import ModelEndpoint
from aftercall.testing.model_reply import ModelCall, Reply
from tests.jobs.machine import SLUG, Machine

CLASSIC = """
from concurrent.futures import ThreadPoolExecutor

QUERIES = {"CALL_REASON": "Why did they call?", "MOOD": "How did they feel?"}

def ask(conv, name):
    return conv.utils.prompt_llm(f"{conv.id} {name}: {QUERIES[name]}", return_json=True, show_history=True)

def end_function(conv: Conversation):
    conv.write_metric("TURNS", len(conv.history))
    with ThreadPoolExecutor(2) as pool:
        for answer in pool.map(lambda name: ask(conv, name), QUERIES):
            for key, value in answer.items():
                conv.write_metric(key, value)
    print("analysed", conv.id)
"""


def answer(call: ModelCall) -> Reply:
    asked = re.search(r"(\S+) (CALL_REASON|MOOD): ", call.text)
    assert asked is not None
    return Reply(value={asked[2]: f"{asked[2]} of {asked[1]}"})


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ModelEndpoint]:
    with ModelEndpoint() as one:
        one.script(answer)
        yield one


@pytest.fixture
def machine(tmp_path: Path, endpoint: ModelEndpoint) -> Iterator[Machine]:
    one = Machine(tmp_path / "home", {"AFTERCALL_LLM_URL": endpoint.url, "AFTERCALL_LLM_KEY": "k"})
    try:
        one.start()
        one.make_project()
        yield one
    finally:
        one.close()


@pytest.mark.slow
def test_the_life_of_a_project(machine: Machine, endpoint: ModelEndpoint) -> None:
    machine.add_agent(CLASSIC)
    c = machine.call()
    machine.until_analysed(c)
    reason, mood = f"CALL_REASON of {c}", f"MOOD of {c}"
    assert machine.metrics(c) == {"LIVE": "1", "TURNS": "2", "CALL_REASON": reason, "MOOD": mood}
    [outcome] = machine.outcomes(c)
    assert outcome["lineage"]["llm_calls"] == 2
    printed = [event for event in machine.events(c) if event["kind"] == "log"]
    assert [event["content"] for event in printed] == [f"analysed {c}\n"]
    assert any("A question about my bill" in request.text for request in endpoint.requests)

    # A child that is killed costs its own attempt at most.
    machine.add_agent(CLASSIC + "\n    import time; time.sleep(0.3)\n")
    others = [machine.call() for _ in range(3)]
    child = machine.until(machine.children)[0]
    os.kill(child, signal.SIGKILL)
    machine.until_analysed(*others)

    # Its code breaks; the failure is there to be read, the call is served; a repaired version mends it.
    machine.add_agent("def end_function(conv):\n    conv.write_metric('HALF')\n    return {}['slot']\n")
    broken = machine.call()
    outcome = machine.until(lambda: (machine.outcomes(broken) or [None])[0])
    assert outcome["error"] == "KeyError: 'slot'"
    assert "functions/end_function.py" in outcome["traceback"]
    machine.until(lambda: len(machine.outcomes(broken)) == 5, "five tries")
    assert machine.metrics(broken) == {"LIVE": "1", "HALF": "true"}

    # The server restarts, and nothing is done twice.
    asked = len(endpoint.requests)
    machine.stop()
    machine.start()
    after = machine.call()
    machine.until(lambda: len(machine.outcomes(after)) == 5)
    assert len(machine.outcomes(c)) == 1
    assert len(endpoint.requests) == asked


def test_without_a_model_the_error_is_on_the_conversation(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "home")
    try:
        machine.start()
        machine.make_project()
        machine.add_agent(CLASSIC)
        c = machine.call()
        [outcome] = machine.until(lambda: machine.outcomes(c))
        assert outcome["status"] == "failed"
        assert outcome["error"].startswith("NotImplementedError")
        assert "retry_at" not in outcome["lineage"]
        assert machine.metrics(c) == {"LIVE": "1", "TURNS": "2"}
    finally:
        machine.close()


@pytest.mark.slow
def test_a_child_killed_while_it_imports_the_project_is_tried_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "home")
    try:
        machine.start()
        machine.make_project()
        # Adding it loads it, too: it must be quick then.
        marker = tmp_path / "slow"
        machine.add_agent(
            f"import os, time\ntime.sleep(20 if os.path.exists({str(marker)!r}) else 0)\n\n"
            "def end_function(conv):\n    conv.write_metric('DONE')\n"
        )
        marker.touch()
        c = machine.call()
        child = machine.until(machine.children, "the child")[0]
        marker.unlink()
        os.kill(child, signal.SIGKILL)
        machine.until_analysed(c)
        first, second = machine.outcomes(c)
        assert (first["status"], second["status"]) == ("failed", "ok")
        assert "could not be loaded" in first["error"]
    finally:
        machine.close()


@pytest.mark.slow
def test_a_file_that_does_not_import_waits_for_a_person(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "home")
    try:
        machine.start()
        machine.make_project()
        folder = tmp_path / "agent"
        (folder / "functions").mkdir(parents=True)
        (folder / "functions" / "end_function.py").write_text("import nothing_like_it\n")
        assert add(machine.home, SLUG, folder).loaded.errors
        c = machine.call()
        [outcome] = machine.until(lambda: machine.outcomes(c), "the outcome")
        assert "nothing_like_it" in outcome["error"]
        assert "retry_at" not in outcome["lineage"]
    finally:
        machine.close()
