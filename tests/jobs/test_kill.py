"""kill -9 of the server and of its children, at random moments, twenty times; and of one worker of two."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.store.schema import wide_table
from aftercall.store.store import Store
from aftercall.testing.model_endpoint import ModelEndpoint
from aftercall.testing.model_reply import ModelCall, Reply
from tests.jobs.machine import SLUG, Machine
from tests.jobs.receiver import Receiver, receiver

KILLS = 20
STORED_S = 1.0
"""An answer that was given so long before a kill must have been stored."""

ASKING = """
import time

def end_function(conv: Conversation):
    conv.write_metric("TURNS", len(conv.history))
    for name in ("REASON", "MOOD"):
        time.sleep(0.1)
        for key, value in conv.utils.prompt_llm(f"[{conv.id} {name}]", return_json=True).items():
            conv.write_metric(key, value)
"""


class Model:
    """Answers each prompt with its name, after a while, and remembers when."""

    def __init__(self) -> None:
        self.asked: dict[str, list[tuple[float, float]]] = {}
        self._guard = threading.Lock()

    def __call__(self, call: ModelCall) -> Reply:
        asked = re.search(r"\[(\S+) (\w+)\]", call.text)
        assert asked is not None
        began = time.monotonic()
        time.sleep(0.05)
        with self._guard:
            self.asked.setdefault(asked[0], []).append((began, time.monotonic()))
        return Reply(value={asked[2]: f"{asked[2]} of {asked[1]}"})

    def asked_in_vain(self, kills: list[float]) -> list[str]:
        """Prompts that were asked again though their answer must have been stored."""
        return [
            prompt
            for prompt, times in self.asked.items()
            for began, ended in sorted(times)[:-1]
            if not any(began <= kill <= ended + STORED_S for kill in kills)
        ]


@pytest.fixture
def model() -> Iterator[tuple[Model, ModelEndpoint]]:
    with ModelEndpoint() as endpoint:
        one = Model()
        endpoint.script(one)
        yield one, endpoint


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


def check_everything(
    machine: Machine, calls: list[str], hooked: Receiver, read: Callable[[], list[tuple[object, ...]]]
) -> None:
    """Each call has its one result: in the API's two lists, its events, its row, and at the webhook."""
    for c in calls:
        wanted = {"LIVE": "1", "TURNS": "2", "REASON": f"REASON of {c}", "MOOD": f"MOOD of {c}"}
        assert machine.metrics(c) == wanted, machine.events(c)
        assert [one["status"] for one in machine.outcomes(c)].count("ok") == 1
    listed = machine.client.get(f"/v3/default/{SLUG}/conversations?limit=5000").json()["conversations"]
    assert sorted(one["id"] for one in listed) == sorted(calls)
    assert all(one["metrics"]["REASON"] == f"REASON of {one['id']}" for one in listed)
    machine.until(lambda: len({one.json["conversation"]["id"] for one in hooked.requests}) == len(calls))
    told = {(one.json["conversation"]["id"], one.json["delivery_id"]) for one in hooked.requests}
    assert Counter(c for c, _ in told) == Counter(calls)
    machine.stop()
    rows = sorted(read())
    assert rows == sorted((c, f"REASON of {c}", 2.0, "ok") for c in calls)


def rows_of(store_url: str, catalog_url: str) -> list[tuple[object, ...]]:
    with Catalog.open(catalog_url) as catalog, Store(store_url, catalog) as store:
        project = catalog.projects.get(SLUG)
        columns = "conversation_id, REASON, TURNS, postcall_status"
        return store.engine.select(f"SELECT {columns} FROM {wide_table(project.id)} FINAL")


def make_hook(catalog_url: str, url: str) -> None:
    with Catalog.open(catalog_url) as catalog:
        catalog.webhooks.create(catalog.projects.get(SLUG).id, url)


@pytest.mark.slow
def test_twenty_kills_and_every_call_gets_its_result_once(
    tmp_path: Path, model: tuple[Model, ModelEndpoint], server: Receiver
) -> None:
    asked, endpoint = model
    choice = random.Random()
    home = tmp_path / "home"
    env = {
        "AFTERCALL_LLM_URL": endpoint.url,
        "AFTERCALL_LLM_KEY": "k",
        "AFTERCALL_WEBHOOK_ALLOW_PRIVATE": "1",
    }
    machine = Machine(home, env)
    catalog_url = f"sqlite:///{home}/catalog.db"
    kills: list[float] = []
    calls: list[str] = []
    try:
        machine.start()
        machine.make_project()
        machine.add_agent(ASKING)
        make_hook(catalog_url, server.url)
        for number in range(KILLS):
            calls += [machine.call() for _ in range(4)]
            time.sleep(choice.uniform(0, 1.2))
            children = machine.children()
            kills.append(time.monotonic())
            if number % 2 and children:
                os.kill(choice.choice(children), signal.SIGKILL)
            else:
                machine.kill()
                machine.start()
        machine.until_analysed(*calls)
        # Nothing more happens to any of them.
        time.sleep(1)
        check_everything(machine, calls, server, lambda: rows_of(f"chdb://{home}/engine", catalog_url))
    finally:
        machine.close()
    assert asked.asked_in_vain(kills) == []
