"""kill -9 of ``aftercall serve``, of the child that runs a call's end_function, and of both, twenty times at
random moments: each ended call gets its result once in every surface, and no question that was answered
is asked again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aftercall.testing.model_endpoint import ModelEndpoint
from tests.jobs.receiver import Receiver, receiver
from tests.jobs.test_kill import ASKING, Look, Model, look, rows_of
from tests.journeys.serving import Serving

KILLS = 20
CALLS = 3
PATIENCE_S = 420


@pytest.fixture
def hooked() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


@pytest.mark.slow
def test_every_call_gets_its_result_once_whatever_is_killed(tmp_path: Path, hooked: Receiver) -> None:
    home = tmp_path / "home"
    choice = random.Random()
    model = Model()
    looks: list[Look] = []
    calls: list[str] = []
    with ModelEndpoint() as endpoint:
        endpoint.script(model)
        env = {
            "AFTERCALL_LLM_URL": endpoint.url,
            "AFTERCALL_LLM_KEY": "k",
            "AFTERCALL_WEBHOOK_ALLOW_PRIVATE": "1",
        }
        machine = Serving(home, env)
        try:
            machine.start()
            machine.make_project()
            machine.add_agent(ASKING)
            assert machine.client.post("/v1/webhooks", json={"url": hooked.url}).status_code == 201
            for number in range(KILLS):
                calls += [machine.call() for _ in range(CALLS)]
                time.sleep(choice.uniform(0, 1.5))
                kill(machine, ("server", "child", "both")[number % 3], choice)
                looks.append(look(home))
                if machine.process is None:
                    machine.start()
            for cid in calls:
                until_ok(machine, cid)
            check(machine, calls, hooked)
            machine.stop()
            rows = sorted(rows_of(f"chdb://{home}/engine", f"sqlite:///{home}/catalog.db"))
            assert rows == sorted((cid, f"REASON of {cid}", 2.0, "ok") for cid in calls)
        finally:
            machine.close()
    assert model.asked_in_vain(looks) == []
    assert look(home).stored == model.asked.keys()  # or the line above would say nothing


def kill(machine: Serving, what: str, choice: random.Random) -> None:
    children = machine.children()
    if what != "server" and children:
        with suppress(ProcessLookupError):  # it ended by itself just now
            os.kill(choice.choice(children), signal.SIGKILL)
    if what != "child":
        machine.kill()


def until_ok(machine: Serving, cid: str) -> None:
    """Its newest attempt went well. A killed child's attempt is tried again after 5 s, then 20 s..."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(one["status"] == "ok" for one in machine.attempts(cid)):
        assert time.monotonic() < deadline, (machine.attempts(cid), machine.log[-3000:])
        time.sleep(0.1)


def check(machine: Serving, calls: list[str], hooked: Receiver) -> None:
    """The get, the list, the events, the attempts and the webhook say the same."""
    listed = machine.client.get("/v3/default/clinic/conversations?limit=5000").json()["conversations"]
    by_id = {one["id"]: one["metrics"] for one in listed}
    assert sorted(by_id) == sorted(calls) == sorted(one["id"] for one in listed)
    for cid in calls:
        wanted = {"LIVE": "1", "TURNS": "2", "REASON": f"REASON of {cid}", "MOOD": f"MOOD of {cid}"}
        assert by_id[cid] == machine.metrics(cid) == wanted, machine.events(cid)
        made = machine.attempts(cid)
        assert [one["status"] for one in made].count("ok") == 1
        assert [one["counts"] for one in made].count(True) == 1
        assert made[-1]["counts"] and made[-1]["status"] == "ok"

    def delivered() -> bool:
        log = machine.client.get("/v1/deliveries?status=delivered&limit=1000").json()["deliveries"]
        return {one["conversation_id"] for one in log} >= set(calls)

    machine.until(delivered, "the deliveries")
    # At least once; whoever looks at the delivery's id hears of each result once.
    told = {
        (one.json["conversation"]["conversationId"], one.json["delivery_id"])
        for one in hooked.requests
        if one.json["analysis"]["status"] == "ok"
    }
    assert Counter(cid for cid, _ in told) == Counter(calls)
    for one in hooked.requests:
        if one.json["analysis"]["status"] == "ok":
            cid = one.json["conversation"]["conversationId"]
            assert one.json["conversation"]["metrics"] == machine.metrics(cid)
