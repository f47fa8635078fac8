"""Three server processes over one PostgreSQL and one chDB behind ClickHouse's HTTP interface.

The front holds back statements at random, so that commits of different servers overlap in many ways.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis.stateful import run_state_machine_as_test

from tests.front.handle import front
from tests.journeys.compare import wait_until
from tests.journeys.load import Caller, run_callers, stop_callers
from tests.journeys.machine import Calls
from tests.journeys.races import HEALED_WITHIN_S, agree, at_once, event
from tests.journeys.stored import check_acknowledged
from tests.journeys.told import BASE, DAY
from tests.journeys.world import World, world
from tests.reference import Project

SERVERS = 3
SEED = 20_260_302


@pytest.fixture(scope="module")
def three(
    tmp_path_factory: pytest.TempPathFactory, new_postgres_database: Callable[[], str]
) -> Iterator[World]:
    home: Path = tmp_path_factory.mktemp("several")
    with (
        front(home / "engine", jitter_ms=40, seed=SEED) as engine,
        world(home, SERVERS, (engine, new_postgres_database())) as servers,
    ):
        yield servers


@pytest.mark.slow
def test_any_story_told_through_any_server_reads_the_same_everywhere(three: World) -> None:
    finished: list[tuple[str, Project]] = []
    settings = hypothesis.settings(
        max_examples=8,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(partial(Calls, three, finished), settings=settings)  # type: ignore[arg-type]
    assert len(finished) >= 8


@pytest.mark.slow
def test_servers_write_of_the_same_calls_and_one_of_them_is_killed_again_and_again(three: World) -> None:
    slug = three.new_project()
    key = three.apis[0].server.new_key(["admin"])
    callers = [Caller(number, [api.server.url for api in three.apis], key, slug, SEED) for number in range(4)]
    draw = random.Random(SEED)
    run_callers(callers)
    for _ in range(4):
        goal = sum(len(caller.acknowledged) for caller in callers) + draw.randint(100, 200)
        wait_until(lambda goal=goal: sum(len(c.acknowledged) for c in callers) >= goal, 60)  # type: ignore[misc]
        number = draw.randrange(1, SERVERS)
        three.restart(number, kill=True)
        for caller in callers:
            caller.urls = [api.server.url for api in three.apis]
    stop_callers(callers)
    project = agree(three, slug)
    check_acknowledged(callers, project)


@pytest.mark.slow
def test_corrected_starts_racing_leave_one_row(three: World) -> None:
    slug = three.new_project()
    for turn in range(4):
        calls = [f"call-{turn}-{n}" for n in range(3)]
        at_once(
            three,
            slug,
            [
                [
                    event(call, f"{n}-move", "update", n, started_at=BASE - n * 33 * DAY),
                    event(call, f"{n}-say", "turn", n, speaker="user", text=f"said {n}"),
                ]
                for call in calls
                for n in range(4)
            ],
        )
    agree(three, slug)


@pytest.mark.slow
def test_metrics_registering_themselves_at_once_get_one_type_each_and_never_too_many(three: World) -> None:
    slug = three.new_project()
    values: list[Any] = [True, 2.5, "text"]
    for turn in range(9):
        names = [f"METRIC_{turn}_{n}" for n in range(60)]
        at_once(
            three,
            slug,
            [
                [event(f"call-{who}", f"{turn}-{who}-{i}", "metric", turn, name=name, value=values[who])
                 for i, name in enumerate(names)]
                for who in range(3)
            ],
        )  # fmt: skip
    assert len(three.apis[0].registry(slug)) == 500
    agree(three, slug)


@pytest.mark.slow
def test_an_erasure_racing_with_what_is_still_told_leaves_nothing(three: World) -> None:
    slug = three.new_project()
    for turn in range(6):
        call = f"call-{turn}"
        three.apis[0].told(slug, [event(call, "first", "turn", 0, speaker="user", text="secret zero")])
        batches = [[event(call, f"{n}", "turn", n, speaker="user", text=f"secret {n}")] for n in range(5)]
        at_once(three, slug, [*batches, [event(call, "erase", "erasure", 9)]])
    agree(three, slug)
    assert three.apis[1].list(slug) == []
    assert three.read is not None
    everything = "SELECT countIf(is_deleted = 0) AS rows FROM aftercall.turns WHERE text LIKE 'secret%'"
    wait_until(
        lambda: three.read is not None and three.read([everything]) == [[{"rows": 0}]], HEALED_WITHIN_S
    )


@pytest.mark.slow
def test_one_id_told_differently_through_two_servers_at_once_is_one_event_everywhere(three: World) -> None:
    slug = three.new_project()
    for turn in range(8):
        at_once(
            three,
            slug,
            [[event(f"call-{turn}", "same", "metric", 0, name="WHO", value=n)] for n in range(3)],
        )
    agree(three, slug)
