"""kill -9 of the server and of its children, at random moments, twenty times; and of one worker of two."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.jobs.heartbeat import Name
from aftercall.store.schema import wide_table
from aftercall.store.store import Store
from aftercall.testing.model_endpoint import ModelEndpoint
from aftercall.testing.model_reply import ModelCall, Reply
from tests.front.handle import front
from tests.jobs.machine import PATIENCE_S, SLUG, Machine
from tests.jobs.receiver import Receiver, receiver

KILLS = 20

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

    def asked_in_vain(self, looks: list[Look]) -> list[str]:
        """Prompts that were asked though their answer was stored."""
        return [
            prompt
            for prompt, times in self.asked.items()
            for began, _ in times
            if any(look.at < began and prompt in look.stored for look in looks)
        ]


class Look(NamedTuple):
    """Which prompts' answers were stored at a moment."""

    at: float
    stored: set[str]


def look(home: Path) -> Look:
    path = home / "llm-cache.db"
    if not path.exists():
        return Look(time.monotonic(), set())
    with closing(sqlite3.connect(path, timeout=PATIENCE_S)) as connection:
        answers = [bytes(row[0]).decode() for row in connection.execute("SELECT answer FROM answers")]
    found = [re.search(r"(\w+) of ([\w-]+)", answer) for answer in answers]
    return Look(time.monotonic(), {f"[{one[2]} {one[1]}]" for one in found if one is not None})


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
    machine.until(
        lambda: len({one.json["conversation"]["conversationId"] for one in hooked.requests}) == len(calls)
    )
    told = {(one.json["conversation"]["conversationId"], one.json["delivery_id"]) for one in hooked.requests}
    twice = [c for c, count in Counter(c for c, _ in told).items() if count != 1]
    assert twice == [], [
        (one.json["analysis"], one.json["delivery_id"], machine.outcomes(c))
        for c in twice
        for one in hooked.requests
        if one.json["conversation"]["conversationId"] == c
    ]
    assert {c for c, _ in told} == set(calls)
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
    looks: list[Look] = []
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
            if number % 2 and children:
                os.kill(choice.choice(children), signal.SIGKILL)
            else:
                machine.kill()
            looks.append(look(home))
            if machine.process is None:
                machine.start()
        machine.until_analysed(*calls)
        # Nothing more happens to any of them.
        time.sleep(1)
        check_everything(machine, calls, server, lambda: rows_of(f"chdb://{home}/engine", catalog_url))
    finally:
        machine.close()
    assert asked.asked_in_vain(looks) == []
    assert look(home).stored == asked.asked.keys()  # or the line above would say nothing
    assert any(one.stored for one in looks)


TURNS = 12
ENOUGH = 10
"""Jobs that a killed process had begun."""
SLOW = """
import time

def end_function(conv: Conversation):
    conv.write_metric("TURNS", len(conv.history))
    time.sleep(0.4)
    conv.write_metric("REASON", f"REASON of {conv.id}")
    conv.write_metric("MOOD", f"MOOD of {conv.id}")
"""


def name_of(home: Path) -> str:
    """What the process on this home will be called among those that share a database."""
    name = Name(home)
    name.release()
    return name.text


def begun(url: str, executor: str) -> int:
    """Jobs that this process has begun and not ended, as the database has it."""
    query = "SELECT count(*) FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id = %s"
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(query, [executor]).fetchone()
    return 0 if row is None else int(row[0])


def all_done(machine: Machine, calls: list[str]) -> bool:
    return all(machine.outcomes(c) for c in calls)


@pytest.mark.slow
def test_what_a_dead_worker_had_begun_is_taken_over_by_another(
    tmp_path: Path, new_postgres_database: Callable[[], str], server: Receiver
) -> None:
    with front(tmp_path / "engine") as engine:
        store_url = engine.store_url
        catalog_url = new_postgres_database()
        env = {
            "AFTERCALL_STORE_URL": store_url,
            "AFTERCALL_CATALOG_URL": catalog_url,
            "AFTERCALL_WEBHOOK_ALLOW_PRIVATE": "1",
        }
        two = [Machine(tmp_path / name, env) for name in ("one", "two")]
        names = [name_of(machine.home) for machine in two]
        calls: list[str] = []
        try:
            for machine in two:
                machine.start()
            two[0].make_project()
            for machine in two:
                machine.add_agent(SLOW, tmp_path / f"agent-of-{machine.home.name}")
            make_hook(catalog_url, server.url)
            taken_over = 0
            for turn in range(TURNS):
                dead, alive = two[turn % 2], two[1 - turn % 2]
                batch = [alive.call() for _ in range(12)]
                calls += batch
                name = names[turn % 2]
                # Who gets which job is chance: a turn in which the other one gets all of them proves nothing.
                alive.until(lambda: begun(catalog_url, name) or all_done(alive, batch), "work begun")  # noqa: B023
                dead.kill()
                taken_over += begun(catalog_url, name)
                alive.until_analysed(*batch)  # all of them, those that the dead one had begun included
                dead.start()
                if taken_over >= ENOUGH:
                    break
            assert taken_over >= ENOUGH
            wanted = sorted((c, f"REASON of {c}", 2.0, "ok") for c in calls)
            # A row may lag: what a killed server had stored and not projected is found by the next sweep.
            two[0].until(lambda: sorted(rows_of(store_url, catalog_url)) == wanted, "the rows")
            for machine in two:
                for c in calls:
                    assert [one["status"] for one in machine.outcomes(c)] == ["ok"]
                    assert machine.metrics(c)["REASON"] == f"REASON of {c}"
            two[0].until(lambda: len(server.requests) >= len(calls), "the deliveries")
            told = {
                (one.json["conversation"]["conversationId"], one.json["delivery_id"])
                for one in server.requests
            }
            assert Counter(c for c, _ in told) == Counter(calls)
        finally:
            for machine in two:
                machine.close()
