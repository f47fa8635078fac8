"""Every test that takes ``url`` or ``catalog`` runs twice: on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aftercall.catalog import Catalog, Project


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database of this test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/catalog.db"
    address: str = request.getfixturevalue("postgres_url")
    return address


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    with Catalog.open(url) as opened:
        yield opened


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """A catalog for those tests of a module that leave no trace in it. Its one project is ``standing``."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('standing')}/catalog.db"
    else:
        address = request.getfixturevalue("new_postgres_database")()
    with Catalog.open(address) as opened:
        opened.projects.create("standing")
        yield opened


@pytest.fixture
def other(url: str, catalog: Catalog) -> Iterator[Catalog]:
    """The same database through an engine of its own, as a second process has it."""
    with Catalog.open(url) as opened:
        yield opened


@pytest.fixture
def project(catalog: Catalog) -> Project:
    return catalog.projects.create("star")
