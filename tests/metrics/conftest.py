"""A store for the tests of a file; a project of its own for each that tells something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.store.store import Store
from tests.metrics.desk import Desk, ended, extracted, said, wrote


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("metrics")
    with (
        Catalog.open(f"sqlite:///{home}/catalog.db") as catalog,
        Store(f"chdb://{home}/engine", catalog) as store,
    ):
        project = catalog.projects.create("clinic", timezone="Europe/London", currency="GBP")
        yield Desk(store, catalog, project, "2026-03-31T11:00Z")


@pytest.fixture
def desk(office: Desk) -> Desk:
    """An empty project in London, asked on 31 March 2026 at noon."""
    return office.another(timezone="Europe/London", currency="GBP")


@pytest.fixture(scope="module")
def clinic(office: Desk) -> Desk:
    """The six calls of docs/query.md."""
    desk = office.another(timezone="Europe/London", currency="GBP")
    desk.metric("BOOKED", "boolean")
    desk.metric("SCORE", "number")
    options = ("billing", "booking", "other")
    desk.metric("REASON", "categorical", options=options, expected_sources=("extraction",))
    desk.call(
        "c1",
        "2026-03-27T09:00Z",
        said("where is my bill"),
        wrote("BOOKED"),
        extracted("REASON", "billing"),
        ended("2026-03-27T09:01Z"),
        channel="voice",
        variant_name="A",
        from_number="+441",
        tags=["vip", "new"],
    )
    desk.call(
        "c2",
        "2026-03-27T17:30Z",
        said("a person please"),
        {"kind": "handoff", "destination": "desk", "reason": "asked"},
        extracted("REASON", "Booking"),
        ended("2026-03-27T17:32Z"),
        channel="voice",
        variant_name="B",
        from_number="+442",
        tags=["vip"],
    )
    desk.call(
        "c3",
        "2026-03-28T23:30Z",
        said("hello"),
        wrote("SCORE", 4),
        extracted("REASON", None),
        ended("2026-03-28T23:30:30Z"),
        channel="chat",
        variant_name="A",
    )
    desk.call(
        "c4",
        "2026-03-29T00:30Z",
        said("my Insurance card, is it here?"),
        said("your insurance card is here", "agent"),
        wrote("BOOKED"),
        wrote("SCORE", 8),
        {"kind": "state", "set": {"basket": {"items": ["crown", 2], "total": 12.5}, "vip": True}},
        extracted("REASON", "billing"),
        ended("2026-03-29T00:31:30Z"),
        channel="voice",
        variant_name="A",
        from_number="+441",
    )
    desk.call(
        "c5",
        "2026-03-29T23:30Z",
        wrote("SCORE", "many"),
        ended("2026-03-29T23:33Z"),
        channel="voice",
        from_number="+442",
    )
    desk.call("c6", "2026-03-30T08:00Z", wrote("BOOKED", False), channel="chat", variant_name="B")
    return desk
