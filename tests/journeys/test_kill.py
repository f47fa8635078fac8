"""kill -9 under load, SIGTERM under load: what was acknowledged is there, once, in events and in rows."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.model.times import now_ms
from tests.journeys.api import Api
from tests.journeys.compare import check_list, check_tables
from tests.journeys.load import Caller, run_callers, stop_callers
from tests.journeys.ports import free_port
from tests.journeys.stored import check_acknowledged, stored_project
from tests.journeys.tables import read_path
from tests.servers import Server, start_server

KILLS = 20
SEED = 20_260_301
CALLERS = 4
PATIENCE_S = 60
POLL_S = 0.02


@pytest.mark.slow
def test_kill_9_under_load_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    home, env = tmp_path / "home", {"AFTERCALL_PORT": str(free_port())}
    moments = random.Random(SEED)
    server = start_server(home, env)
    callers = start_load(server)
    healed = 0.0
    for _ in range(KILLS):
        wait_for_acknowledgements(callers, moments.randint(1, 30))
        time.sleep(moments.random() ** 2 * 0.2)  # any moment, with the load going on
        for caller in callers:
            caller.go.clear()
        server.kill()
        began = now_ms()
        server = start_server(home, env)
        for caller in callers:
            caller.go.set()
        wait_for_sweep(home, began)
        healed += sweep_healed(server)
    wait_for_acknowledgements(callers, 1)
    stop_callers(callers)
    unsure = sum(caller.given_up for caller in callers)
    print(f"seed {SEED}: {KILLS} kills, {unsure} batches given up, {healed:.0f} conversations healed")
    check_everything(server, callers)


@pytest.mark.slow
def test_sigterm_under_load_ends_well_and_loses_nothing(tmp_path: Path) -> None:
    home, env = tmp_path / "home", {"AFTERCALL_PORT": str(free_port())}
    server = start_server(home, env)
    callers = start_load(server)
    for _ in range(3):
        wait_for_acknowledgements(callers, 20)
        for caller in callers:
            caller.go.clear()
        assert server.stop() == 0, server.log[-3000:]
        server = start_server(home, env)
        for caller in callers:
            caller.go.set()
    stop_callers(callers)
    check_everything(server, callers)


def start_load(server: Server) -> list[Caller]:
    server.project("load")
    key = server.new_key(["admin"])  # the server's own key ends with each start
    callers = [Caller(number, [server.url], key, "load", SEED) for number in range(CALLERS)]
    run_callers(callers)
    return callers


def wait_for_acknowledgements(callers: list[Caller], more: int) -> None:
    """Until so many more events were acknowledged to each."""
    goals = [len(caller.acknowledged) + more for caller in callers]
    deadline = time.monotonic() + PATIENCE_S
    while any(len(caller.acknowledged) < goal for caller, goal in zip(callers, goals, strict=True)):
        broken = [caller for caller in callers if caller.failure is not None]
        assert not broken, broken[0].failure
        assert time.monotonic() < deadline, "the load stands still"
        time.sleep(POLL_S)


def wait_for_sweep(home: Path, began: int) -> None:
    """Until the sweep that a server makes at its start is over."""
    deadline = time.monotonic() + PATIENCE_S
    with Catalog.open(f"sqlite:///{home}/catalog.db", migrate=False) as catalog:
        while catalog.settings.get("sweep.watermark", 0) < began:
            assert time.monotonic() < deadline, "no sweep"
            time.sleep(POLL_S)


def sweep_healed(server: Server) -> float:
    api = Api(server)
    try:
        return api.meter("aftercall_sweep_healed_total")
    finally:
        api.close()


def check_everything(server: Server, callers: list[Caller]) -> None:
    """Through the API of the running server, then in the tables once it has stopped."""
    api = Api(server)
    items = api.list("load", limit=500, include_latency="true")
    registry = api.registry("load")
    api.close()
    assert server.stop() == 0, server.log[-3000:]
    read = read_path(server.home / "engine")
    with Catalog.open(f"sqlite:///{server.home}/catalog.db", migrate=False) as catalog:
        project_id = catalog.projects.get("load").id
    project = stored_project(read, project_id, {name: type_ for name, (type_, _) in registry.items()})
    check_acknowledged(callers, project)
    check_list(items, project, "live")
    check_tables(read, project_id, project, {name: column for name, (_, column) in registry.items()})
