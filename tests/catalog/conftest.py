"""Every test that takes ``url`` or ``catalog`` runs twice: on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aftercall.catalog import Catalog, Project
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database of this test's own: an empty one, or for who takes ``catalog`` a copy of a migrated one,
    because migrating takes ten times as long as most tests."""
    migrated = "catalog" in request.fixturenames
    if request.param == "sqlite":
        if migrated:
            shutil.copyfile(request.getfixturevalue("migrated_file"), tmp_path / "catalog.db")
        yield f"sqlite:///{tmp_path}/catalog.db"
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    like = request.getfixturevalue("migrated_database") if migrated else None
    address = postgres.create_database(like)
    yield address
    postgres.drop_database(address)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "catalog.db"
    Catalog.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres: PostgresServer) -> str:
    address = postgres.create_database()
    Catalog.open(address).close()
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
