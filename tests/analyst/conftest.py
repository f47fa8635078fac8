"""Forty calls of two weeks, and a desk that answers about them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aftercall.analyst.access import Local
from aftercall.analyst.tools import Tools
from aftercall.catalog.catalog import Catalog
from aftercall.store.store import Store
from tests.metrics.desk import Desk, said, wrote

REASONS = ("billing", "booking", "other")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("analyst")
    with (
        Catalog.open(f"sqlite:///{home}/catalog.db") as catalog,
        Store(f"chdb://{home}/engine", catalog) as store,
    ):
        project = catalog.projects.create("clinic", timezone="Europe/London", currency="GBP")
        desk = Desk(store, catalog, project, "2026-03-31T11:00Z")
        desk.metric("BOOKED", "boolean", definition="An appointment was made.")
        desk.metric("REASON", "categorical", options=REASONS)
        desk.metric("SCORE", "number")
        for n in range(40):
            reason = REASONS[0] if n < 30 else REASONS[1] if n < 38 else REASONS[2]
            more = [wrote("REASON", reason), wrote("SCORE", n), said(f"hello, it is about {reason}")]
            more += [wrote("BOOKED")] if n % 4 == 0 else []
            desk.call(f"c{n:02}", f"2026-03-{17 + n // 4:02}T{9 + n % 4:02}:00Z", *more, channel="voice")
        yield desk


@pytest.fixture
def access(desk: Desk) -> Local:
    return Local(desk.store, desk.queries, desk.project, at_ms=desk.now)


@pytest.fixture
def tools(access: Local) -> Tools:
    return Tools(access)
