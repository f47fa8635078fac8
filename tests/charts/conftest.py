"""Forty made-up calls in London, in the four weeks before 31 March 2026 (clocks go forward on the 29th)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.charts.board import narrowed
from aftercall.charts.drawing import Drawing, draw
from aftercall.charts.tile import Tile
from aftercall.metrics.answer import Answer
from aftercall.model.times import iso, parse_ms
from aftercall.store.store import Store
from tests.metrics.desk import Desk, ended, extracted, wrote

HOUR = 3_600_000
OVER = {"from": "2026-03-17", "to": "2026-03-30"}
HOSTILE = '<img src=x onerror=alert(1)>\u202e"}]; datum.y // --chart-1'
REASONS = ("billing", "booking", HOSTILE, "Other", None)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("charts")
    with (
        Catalog.open(f"sqlite:///{home}/catalog.db") as catalog,
        Store(f"chdb://{home}/engine", catalog) as store,
    ):
        project = catalog.projects.create("clinic", timezone="Europe/London", currency="GBP")
        desk = Desk(store, catalog, project, "2026-03-31T11:00Z")
        desk.metric("BOOKED", "boolean")
        desk.metric("VALUE", "number", unit="GBP")
        desk.metric("REASON", "text", expected_sources=("extraction",))
        _calls(desk)
        yield desk


def _calls(desk: Desk) -> None:
    first = parse_ms("2026-03-03T07:20Z")
    for number in range(40):
        at = first + number * 16 * HOUR + (number % 5) * HOUR
        reason = REASONS[number % 5]
        events = [extracted("REASON", reason)] if reason is not None else []
        if number % 3 == 0:
            events += [wrote("BOOKED"), wrote("VALUE", 20.5 * number)]
        if number % 7 != 0:
            events.append(ended(iso(at + (20 + number * 7 % 90) * 1_000)))
        desk.call(f"c{number}", iso(at), *events, channel=("voice", "chat")[number % 4 == 0])


def drawn(desk: Desk, told: dict[str, Any]) -> tuple[Drawing, Answer]:
    """The tile of that JSON, over the last two weeks unless it says another time."""
    tile = Tile.read({**told, "query": {"over": OVER, **told.get("query", {})}})
    query = narrowed(tile)
    answer = desk.queries.run(query, desk.project, now_ms=desk.now)
    return draw(tile, query, answer), answer
