"""Stored answers: what a second run gets without asking, and what is gone when it is erased."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from aftercall.llm import Door
from aftercall.llm.cache import FILE_NAME, AnswerCache
from aftercall.llm.settings import Cache
from aftercall.testing.model_endpoint import ModelCall, ModelEndpoint, Reply
from tests.llm.conftest import OpenDoor, finished

Start = Callable[..., "subprocess.Popen[str]"]

RUN = """
import sys
from pathlib import Path
from aftercall.llm import Door
door = Door(Path(sys.argv[1]))
session = door.session("dental", "c1")
for number in range(int(sys.argv[2])):
    print(session.prompt_llm(f"question {number}"), flush=True)
door.close()
"""


def prompts(endpoint: ModelEndpoint) -> list[str]:
    return [request.prompt for request in endpoint.requests]


def test_a_second_run_asks_nobody(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(lambda call: f"answer {call.number}")
    door = open_door(input_price=1, output_price=1)
    assert door.session("dental", "c1").prompt_llm("Why?") == "answer 0"
    again = door.session("dental", "c1").complete([{"role": "user", "content": "Why?"}])
    assert (again.text, again.cached, again.cost) == ("answer 0", True, 0.0)
    assert len(endpoint.requests) == 1
    stored, asked = door.ledger.calls()
    assert (stored.cached, stored.attempts, stored.cost) == (True, 0, 0.0)
    assert (asked.cached, asked.attempts, asked.cost) == (False, 1, 15e-6)


def test_asking_the_same_twice_in_one_run_asks_twice(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(lambda call: f"sample {call.number}")
    door = open_door()
    for _ in range(2):
        session = door.session("dental", "c1")
        assert [session.prompt_llm("Why?") for _ in range(3)] == ["sample 0", "sample 1", "sample 2"]
    assert len(endpoint.requests) == 3


def test_threads_in_another_order_get_the_same_answers(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(lambda call: f"about {call.prompt}")
    door = open_door(real_time=True)
    questions = [f"question {number % 10}" for number in range(20)]
    for seed in range(3):
        random.Random(seed).shuffle(questions)
        session = door.session("dental", "c1")
        answers: dict[int, object] = {}

        def ask(
            number: int, session: object = session, answers: dict[int, object] = answers, text: str = ""
        ) -> None:
            answers[number] = session.prompt_llm(text)  # type: ignore[attr-defined]

        threads = [
            threading.Thread(target=ask, args=(n,), kwargs={"text": text}) for n, text in enumerate(questions)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answers[n] for n in range(20)] == [f"about {text}" for text in questions]
    assert set(Counter(prompts(endpoint)).values()) == {2}


@pytest.mark.parametrize(
    "other",
    [
        {"project": "other"}, {"conversation_id": "c2"}, {"conversation_id": None}, {"generation": "2"},
        {"prompt": "Who?"}, {"model": "gpt-5-chat"}, {"return_json": True}, {"cached": False},
    ],
)  # fmt: skip
def test_anything_else_is_another_call(
    endpoint: ModelEndpoint, open_door: OpenDoor, other: dict[str, object]
) -> None:
    door = open_door()
    endpoint.script({"a": 1})
    first = {"project": "dental", "conversation_id": "c1", "prompt": "Why?", "model": None}
    for given in (first, {**first, **other}, {**first, **other}):
        session = door.session(
            str(given["project"]), given["conversation_id"],  # type: ignore[arg-type]
            generation=str(given.get("generation", "")), cached=bool(given.get("cached", True)),
        )  # fmt: skip
        session.prompt_llm(
            str(given["prompt"]), model=given["model"], return_json=bool(given.get("return_json"))  # type: ignore[arg-type]
        )  # fmt: skip
    assert len(endpoint.requests) == (3 if "cached" in other else 2)


def test_another_process_after_kill_9_asks_for_no_stored_answer_again(
    endpoint: ModelEndpoint, start_python: Start, tmp_path: Path
) -> None:
    killed = threading.Event()

    def answer(call: ModelCall) -> Reply:
        if call.prompt == "question 3" and not killed.is_set():
            killed.wait(30)
        return Reply(f"answer {call.number}")

    endpoint.script(answer)
    env = {"AFTERCALL_LLM_URL": endpoint.url}
    process = start_python(RUN, tmp_path, 6, env=env)
    assert endpoint.wait_for(lambda: len(endpoint.requests) == 4, timeout=60)
    process.kill()
    process.wait(10)
    killed.set()
    output = finished(start_python(RUN, tmp_path, 6, env=env))
    assert output.split("\n")[:6] == [f"answer {number}" for number in (0, 1, 2, 4, 5, 6)]
    assert prompts(endpoint) == [f"question {number}" for number in (0, 1, 2, 3, 3, 4, 5)]
    door = Door(tmp_path, env={})
    outcomes = [call.outcome for call in reversed(door.ledger.calls())]
    door.close()
    assert outcomes == ["ok"] * 3 + ["open"] + ["ok"] * 6


def test_no_prompt_is_kept(endpoint: ModelEndpoint, open_door: OpenDoor, tmp_path: Path) -> None:
    door = open_door()
    door.session("dental", "c1").prompt_llm("the secret of Xyzzy")
    door.close()
    assert b"Xyzzy" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_files_are_for_their_owner_only(endpoint: ModelEndpoint, open_door: OpenDoor, tmp_path: Path) -> None:
    open_door().session("dental").prompt_llm("Why?")
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_erasing_a_conversation_reaches_the_disk(
    endpoint: ModelEndpoint, open_door: OpenDoor, tmp_path: Path
) -> None:
    door = open_door()
    endpoint.script(lambda call: f"Plugh said {call.prompt}")
    for conversation in ("c1", "c2"):
        for number in range(20):
            door.session("dental", conversation).prompt_llm(f"{conversation} {number}")
    door.session("other", "c1").prompt_llm("c1 of another project")
    assert door.erase("dental", "c1") == 20
    assert door.erase("dental", "c1") == 0
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Plugh said c1 1" not in kept
    assert kept.count(b"Plugh said c2 ") == 20
    assert b"Plugh said c1 of another project" in kept
    assert door.ledger.calls(project="dental", conversation="c1") == []
    assert len(door.ledger.calls(project="dental", limit=100)) == 40
    door.session("dental", "c1").prompt_llm("c1 1")
    assert prompts(endpoint).count("c1 1") == 2


def test_erasing_a_project(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    door = open_door()
    door.session("dental", "c1").prompt_llm("Why?")
    door.session("dental").prompt_llm("Why?")
    door.session("other", "c1").prompt_llm("Why?")
    assert door.erase_project("dental") == 2
    assert {call.conversation for call in door.ledger.calls(project="dental")} == {None}
    assert door.ledger.calls(project="other")[0].conversation == "c1"
    assert door._cache.bytes_kept() > 0


def test_an_answer_under_way_while_its_conversation_is_erased_is_not_stored(
    endpoint: ModelEndpoint, open_door: OpenDoor
) -> None:
    door = open_door(real_time=True)
    release = threading.Event()
    endpoint.script(lambda call: (release.wait(30), Reply("late"))[1])
    answers: list[object] = []
    sessions = [door.session("dental", "c1"), door.session("dental", "c2")]
    threads = [
        threading.Thread(target=lambda s=session: answers.append(s.prompt_llm("Why?")))
        for session in sessions
    ]
    for thread in threads:
        thread.start()
    assert endpoint.wait_for(lambda: len(endpoint.requests) == 2)
    door.erase("dental", "c1")
    release.set()
    for thread in threads:
        thread.join(30)
    assert answers == ["late", "late"]
    assert door.erase("dental", "c1") == 0
    assert door.erase("dental", "c2") == 1
    door.session("dental", "c1").prompt_llm("Why?")  # one that began later is stored again
    assert door.erase("dental", "c1") == 1


def test_size_is_bounded_and_the_oldest_go_first(tmp_path: Path) -> None:
    now = [1000.0]
    cache = AnswerCache(tmp_path, clock=lambda: now[0])
    limits = Cache(max_mb=1)
    for number in range(40):
        now[0] += 1
        cache.put(
            b"%d" % number, b"x" * 50_000, project="p", conversation="c", asked_at=now[0], limits=limits
        )
        assert cache.bytes_kept() <= 2**20
    assert cache.get(b"39") is not None
    assert cache.get(b"0") is None
    assert cache.bytes_kept() > 2**19
    cache.put(b"39", b"y", project="p", conversation="c", asked_at=now[0], limits=limits)
    assert cache.get(b"39") == b"y"
    now[0] += 31 * 86_400
    cache.put(b"new", b"z", project="p", conversation="c", asked_at=now[0], limits=limits)
    assert (cache.get(b"39"), cache.bytes_kept()) == (None, 1)
    cache.close()


def test_a_cache_of_nothing(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    door = open_door(cache={"max_mb": 0})
    for _ in range(2):
        door.session("dental", "c1").prompt_llm("Why?")
    assert len(endpoint.requests) == 2


def test_a_broken_cache_costs_money_but_not_the_answer(
    endpoint: ModelEndpoint, open_door: OpenDoor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this is no database" * 1000)
    assert open_door().session("dental", "c1").prompt_llm("Why?") == "ok"
    assert "cache of model answers cannot be read" in caplog.text


def test_what_another_version_stored_is_asked_for_again(
    endpoint: ModelEndpoint, open_door: OpenDoor, tmp_path: Path
) -> None:
    door = open_door()
    door.session("dental", "c1").prompt_llm("Why?")
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute('UPDATE answers SET answer = CAST(\'[{"kind": "unheard of"}]\' AS BLOB)')
    connection.commit()
    connection.close()
    assert door.session("dental", "c1").prompt_llm("Why?") == "ok"
    assert door.session("dental", "c1").prompt_llm("Why?") == "ok"
    assert len(endpoint.requests) == 2
