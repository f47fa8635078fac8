"""Workers: warm, lent to one call at a time, replaced when they are worn or in the way."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aftercall.runtime import Agent, Host, Outcome, Pool, Prompt, Snapshot, in_place
from tests.runtime.conftest import QUICK, NewProject, NewRunner, metrics

PID = {
    "functions/pid.py": """
        import os
        CALLS = []

        def pid(conv, *args):
            CALLS.append(1)
            return [os.getpid(), len(CALLS)]
    """,
    "functions/ask.py": """
        import os

        def ask(conv):
            return [os.getpid(), conv.utils.prompt_llm(conv.id)]
    """,
}


@pytest.fixture
def agent(new_project: NewProject) -> Agent:
    return in_place(new_project(PID))


def test_a_worker_stays_warm(pool: Pool, agent: Agent) -> None:
    values = [pool.call(agent, "pid", Snapshot("c")).value for _ in range(5)]
    assert len({pid for pid, _ in values}) == 1
    assert [calls for _, calls in values] == [1, 2, 3, 4, 5]


def test_a_worker_is_replaced_after_its_number_of_calls(home: Path, agent: Agent) -> None:
    with Pool(home, limits=replace(QUICK, calls_per_worker=2)) as pool:
        outcomes = [pool.call(agent, "pid", Snapshot("c")) for _ in range(4)]
    assert [outcome.value[1] for outcome in outcomes] == [1, 2, 1, 2]
    assert [outcome.recycled for outcome in outcomes] == [[], ["it ran 2 calls"], [], ["it ran 2 calls"]]


def ask_together(pool: Pool, agents: list[Agent], at_once: int) -> list[Outcome]:
    """All of them call at the same time; ``at_once`` of them must be waiting for a model together."""
    together = threading.Barrier(at_once, timeout=15)

    def prompt_llm(prompt: Prompt) -> str:
        together.wait()
        return prompt.prompt

    with ThreadPoolExecutor(len(agents)) as executor:
        calls = [
            executor.submit(pool.call, agent, "ask", Snapshot(f"c{n}"), host=Host(prompt_llm))
            for n, agent in enumerate(agents)
        ]
        return [call.result() for call in calls]


def test_calls_run_side_by_side_up_to_the_size(home: Path, agent: Agent) -> None:
    with Pool(home, size=3, limits=QUICK) as pool:
        outcomes = ask_together(pool, [agent] * 6, at_once=3)
    assert [outcome.value[1] for outcome in outcomes] == [f"c{n}" for n in range(6)]
    assert len({outcome.value[0] for outcome in outcomes}) == 3


def test_calls_beyond_the_size_wait(pool: Pool, agent: Agent) -> None:
    outcomes = ask_together(pool, [agent] * 5, at_once=1)
    assert len({outcome.value[0] for outcome in outcomes}) == 1


def test_versions_have_workers_of_their_own(pool: Pool, new_project: NewProject) -> None:
    """Whose modules have the same names."""
    agents = [
        in_place(
            new_project(
                {
                    "functions/shared.py": f"NUMBER = {number}\n",
                    "functions/tell.py": """
                        from functions.shared import NUMBER

                        def tell(conv):
                            return NUMBER
                    """,
                }
            )
        )
        for number in range(3)
    ]
    with ThreadPoolExecutor(6) as executor:
        calls = [executor.submit(pool.call, agents[n % 3], "tell", Snapshot("c")) for n in range(24)]
    assert [call.result().value for call in calls] == [0, 1, 2] * 8


def test_idle_workers_of_other_versions_make_room(home: Path, new_project: NewProject) -> None:
    agents = [in_place(new_project({**PID, "functions/n.py": f"n = {n}\n"})) for n in range(4)]
    with Pool(home, total=2, limits=QUICK) as pool:
        values = [pool.call(agents[n], "pid", Snapshot("c")).value for n in (0, 1, 2, 0, 0, 3, 0)]
        assert sum(map(len, pool._idle.values())) == 2
    assert [calls for _, calls in values] == [1, 1, 1, 1, 2, 1, 3]


def test_many_calls_over_few_workers_with_some_that_die(home: Path, new_project: NewProject) -> None:
    agent = in_place(
        new_project(
            {
                "functions/maybe.py": """
                    import os

                    def maybe(conv, n):
                        conv.write_metric("N", n)
                        if n % 10 == 3:
                            os._exit(1)
                        if n % 10 == 7:
                            raise ValueError(n)
                        return n
                """
            }
        )
    )
    with Pool(home, size=2, limits=QUICK) as pool, ThreadPoolExecutor(8) as executor:
        calls = [executor.submit(pool.call, agent, "maybe", Snapshot(f"c{n}"), args=[n]) for n in range(60)]
        outcomes = [call.result() for call in calls]
    for n, outcome in enumerate(outcomes):
        expected = {3: ("failed", "exited", None), 7: ("failed", "exception", None)}.get(
            n % 10, ("ok", None, n)
        )
        assert (outcome.status, outcome.failure, outcome.value) == expected
        assert metrics(outcome) == {"N": n}
        assert {event["conversation_id"] for event in outcome.events} == {f"c{n}"}


def test_events_are_told_as_they_are_written(runner: NewRunner) -> None:
    project = runner(
        tell="""
            def tell(conv):
                conv.write_metric('A')
                conv.utils.prompt_llm('?')
                conv.write_metric('B')
        """
    )
    seen: list[dict[str, Any]] = []
    before: list[list[str]] = []

    def prompt_llm(prompt: Prompt) -> str:
        before.append([event["name"] for event in seen])
        return "x"

    outcome = project("tell", host=Host(prompt_llm), on_event=seen.append)
    assert before == [["A"]], "before the function is over"
    assert seen == outcome.events


def test_a_listener_that_fails_costs_the_worker_only(runner: NewRunner) -> None:
    project = runner(tell="def tell(conv):\n    conv.write_metric('A')\n    return 1\n")

    def listen(event: dict[str, Any]) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        project("tell", on_event=listen)
    assert project("tell").value == 1


def test_a_call_under_way_ends_with_the_pool(home: Path, new_project: NewProject) -> None:
    agent = in_place(
        new_project(
            {
                "functions/wait.py": """
                    import time

                    def wait(conv):
                        conv.write_metric('A')
                        time.sleep(1000)
                """
            }
        )
    )
    pool = Pool(home, limits=QUICK)
    under_way = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        call = executor.submit(
            pool.call, agent, "wait", Snapshot("c"), on_event=lambda event: under_way.set()
        )
        assert under_way.wait(15)
        pool.close()
        outcome = call.result(15)
    assert (outcome.failure, metrics(outcome)) == ("exited", {"A": ...})
    assert pool.call(agent, "wait", Snapshot("c")).error == "the server is stopping"
    assert list((home / "agents/.run").iterdir()) == []


def test_arguments_are_handed_over_as_plain_json(pool: Pool, new_project: NewProject) -> None:
    agent = in_place(
        new_project({"functions/echo.py": "def echo(conv, *args, **kwargs):\n    return [args, kwargs]\n"})
    )
    outcome = pool.call(agent, "echo", Snapshot("c"), args=[{1}, "é\ud800"], kwargs={"x": None, "y": [1.5]})
    assert outcome.value == [[[1], "é?"], {"x": None, "y": [1.5]}]


def test_an_interpreter_that_is_gone_fails_the_call_only(pool: Pool, agent: Agent) -> None:
    outcome = pool.call(agent._replace(python="/nothing/bin/python"), "pid", Snapshot("c"))
    assert outcome.failure == "load" and outcome.unstarted
    assert outcome.error is not None and outcome.error.startswith("its process could not be started")
    assert pool.call(agent, "pid", Snapshot("c")).ok


def test_start_and_end_functions(runner: NewRunner) -> None:
    project = runner(
        start_function="""
            def start_function(conv):
                conv.state.began = True
                return {'utterance': 'Hello'}
        """,
        end_function="""
            def end_function(conv):
                conv.write_metric('BEGAN', conv.state.began)
                return 'ignored'
        """,
    )
    start = project.pool.start(project.agent, Snapshot("c"))
    assert (start.value, start.events[0]["source"]) == ({"utterance": "Hello"}, "agent")
    end = project.pool.end(project.agent, Snapshot.of("c", start.events))
    assert (metrics(end), end.events[0]["source"]) == ({"BEGAN": True}, "extraction")
