"""A server is killed at a chosen statement of a commit or of an erasure, for each statement in turn.

The front holds the statement; afterwards it runs late (as it may, once it has left the server) or never.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.front.handle import FrontHandle, front
from tests.journeys.compare import wait_until
from tests.journeys.races import HEALED_WITHIN_S, agree, check, event, number_of
from tests.journeys.tables import Row
from tests.journeys.told import BASE, DAY
from tests.journeys.world import World, world
from tests.reference import Event

pytestmark = pytest.mark.slow

COMMIT = ["INSERT INTO events", "ADD COLUMN", "INSERT INTO turns", "INSERT INTO conversations_"]
ERASURE = ["ALTER TABLE rejects", "ALTER TABLE turns", "ALTER TABLE conversations_", "ALTER TABLE events"]
INSERTS = ["INSERT INTO events", "INSERT INTO turns", "INSERT INTO conversations_"]
Pair = tuple[World, FrontHandle]


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, new_postgres_database: Callable[[], str]
) -> Iterator[Pair]:
    """Two servers: the first is the one that dies."""
    home: Path = tmp_path_factory.mktemp("crash")
    with (
        front(home / "engine") as engine,
        world(home, 2, (engine, new_postgres_database())) as servers,
    ):
        yield servers, engine


@pytest.fixture(autouse=True)
def nothing_stays_held(pair: Pair) -> Iterator[None]:
    yield
    pair[1].release(run=True)


WORDS = [
    event("call", "turn-2", "turn", 2, speaker="agent", text="secret two"),
    event("call", "metric", "metric", 4, name="NEW", value="secret"),
]
MOVE = [
    *WORDS,
    event("call", "start", "start", 0, started_at=BASE - 40 * DAY),
    event("call", "back", "retraction", 3, target="turn-1"),
]
"""To another month, and something is taken back."""
TALES = {
    "words": (WORDS, event("call", "meanwhile", "turn", 9, speaker="user", text="secret nine")),
    "moves": (MOVE, event("call", "meanwhile", "update", 9, started_at=BASE - 70 * DAY)),
}
"""What the server that is cut off tells of the call, and what the other one is told of it meanwhile."""


def before() -> list[Event]:
    return [event("call", f"turn-{n}", "turn", n, speaker="user", text=f"secret {n}") for n in range(2)]


@pytest.mark.parametrize(("late", "tale"), [(False, "words"), (True, "moves")], ids=["never", "late"])
@pytest.mark.parametrize("statement", COMMIT)
def test_a_commit_cut_off_anywhere_is_finished(pair: Pair, statement: str, late: bool, tale: str) -> None:
    servers, engine = pair
    slug = servers.new_project()
    servers.apis[0].told(slug, before())
    held = hold_and_tell(servers, engine, slug, statement, TALES[tale][0])
    servers.apis[0].server.kill()
    servers.apis[1].told(slug, [TALES[tale][1]])
    finish(servers, engine, held, late)
    project = agree(servers, slug)
    stored = project.told["call"].keys()
    assert {"turn-0", "turn-1", "meanwhile"} <= stored
    told = {one["id"] for one in TALES[tale][0]}
    assert not told & stored or told <= stored, "events of one insert are there together or not at all"
    assert servers.apis[1].told(slug, TALES[tale][0])[2] == []  # the retry
    assert agree(servers, slug).told["call"].keys() >= told


@pytest.mark.parametrize("tale", TALES)
@pytest.mark.parametrize("statement", INSERTS)
def test_a_slow_server_that_writes_late_spoils_nothing(pair: Pair, statement: str, tale: str) -> None:
    """Nobody dies: its statement runs after another server was told more of the same call."""
    servers, engine = pair
    slug = servers.new_project()
    servers.apis[0].told(slug, before())
    held = hold_and_tell(servers, engine, slug, statement, TALES[tale][0])
    servers.apis[1].told(slug, [TALES[tale][1]])
    engine.release(run=True)
    held.join(60)
    check(servers, slug)  # at once, and not only after a sweep
    assert agree(servers, slug).told["call"].keys() >= {"meanwhile", *(one["id"] for one in TALES[tale][0])}


@pytest.mark.parametrize(
    ("statement", "late"), [(one, False) for one in INSERTS + ERASURE] + [(one, True) for one in INSERTS]
)
def test_an_erasure_cut_off_anywhere_is_finished(pair: Pair, statement: str, late: bool) -> None:
    servers, engine = pair
    slug = servers.new_project()
    refused = event("call", "wrong", "turn", 5, speaker="secret", text="of a reject")
    servers.apis[0].told(slug, [*before(), *MOVE, refused])
    held = hold_and_tell(servers, engine, slug, statement, [event("call", "erase", "erasure", 9)])
    servers.apis[0].server.kill()
    finish(servers, engine, held, late)
    if not (statement == "INSERT INTO events" and not late):
        wait_until_nothing_is_left(servers, slug)
    assert servers.apis[1].told(slug, [event("call", "erase", "erasure", 9)])[2] == []  # the retry
    wait_until_nothing_is_left(servers, slug)
    assert servers.apis[0].get(slug, "call") is None


@pytest.mark.parametrize("statement", INSERTS)
def test_what_a_slow_server_writes_of_an_erased_call_is_gone_too(pair: Pair, statement: str) -> None:
    servers, engine = pair
    slug = servers.new_project()
    servers.apis[0].told(slug, before())
    held = hold_and_tell(servers, engine, slug, statement, MOVE)
    servers.apis[1].told(slug, [event("call", "erase", "erasure", 9)])
    wait_until(lambda: servers.apis[1].get(slug, "call") is None, HEALED_WITHIN_S)
    engine.release(run=True)
    held.join(60)
    wait_until_nothing_is_left(servers, slug)


def hold_and_tell(
    servers: World, engine: FrontHandle, slug: str, statement: str, batch: list[Event]
) -> threading.Thread:
    """The first server is at that statement when this returns."""

    def tell() -> None:
        try:
            servers.apis[0].post(slug, batch)
        except httpx.TransportError:
            return  # its server was killed

    engine.hold(statement)
    thread = threading.Thread(target=tell)
    thread.start()
    wait_until(lambda: engine.held, 30)
    return thread


def finish(servers: World, engine: FrontHandle, held: threading.Thread, late: bool) -> None:
    """The statement runs now or never, and the server comes back."""
    engine.release(run=late)
    held.join(60)
    servers.restart(0, kill=True)


def wait_until_nothing_is_left(servers: World, slug: str) -> None:
    """No copy of what was said, in any part of any table, but for the erasure itself."""
    number = number_of(servers, slug)
    left: list[list[Row]] = []

    def gone() -> bool:
        left[:] = copies(servers, number)
        return all(rows == [{"n": 0}] for rows in left)

    wait_until(gone, HEALED_WITHIN_S, left, servers)


def copies(servers: World, number: int) -> list[list[Row]]:
    assert servers.read is not None
    return servers.read(
        [
            f"SELECT count() AS n FROM aftercall.events WHERE project_id = {number} AND kind != 'erasure'",
            f"SELECT count() AS n FROM aftercall.turns WHERE project_id = {number} AND text != ''",
            f"SELECT count() AS n FROM aftercall.rejects WHERE project_id = {number} AND payload != ''",
            f"SELECT count() AS n FROM aftercall.conversations_{number} WHERE is_deleted = 0",
        ]
    )
