from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aftercall.catalog import Catalog
from aftercall.catalog.urls import parse_url, shown
from aftercall.errors import InvalidInput, UserError


@pytest.mark.parametrize(
    ("given", "driver", "database"),
    [
        ("sqlite:////var/x.db", "sqlite+pysqlite", "/var/x.db"),
        ("sqlite+pysqlite:////var/x.db", "sqlite+pysqlite", "/var/x.db"),
        ("sqlite:////var/a b/%C3%A9.db", "sqlite+pysqlite", "/var/a b/é.db"),
        ("postgresql://u:p@h:5433/d", "postgresql+psycopg", "d"),
        ("postgres://u:p@h:5433/d", "postgresql+psycopg", "d"),
        ("postgresql+psycopg://u:p@h/d?sslmode=require", "postgresql+psycopg", "d"),
    ],
)
def test_urls_are_normalised(given: str, driver: str, database: str) -> None:
    url = parse_url(given)
    assert (url.drivername, url.database) == (driver, database)


def test_a_relative_path_is_made_absolute_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_url("sqlite:///x.db").database == str(tmp_path.resolve() / "x.db")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_url("sqlite:///~/x.db").database == str(tmp_path.resolve() / "x.db")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "catalog.db",
        "/var/catalog.db",
        "sqlite",
        "sqlite:",
        "sqlite://",
        "sqlite://catalog.db",
        "sqlite://var/catalog.db",
        "sqlite:///:memory:",
        "sqlite:////var/x.db?mode=ro",
        "sqlite:////var/x\0.db",
        "sqlite:////var/x%00.db",
        "sqlite:////var/\ud800.db",
        "mysql://u:secret@h/d",
        "postgresql+asyncpg://u:secret@h/d",
        "postgresql://u:secret@h",
        "postgresql://u:secret@h:port/d",
        "http://h/d",
        None,
        7,
    ],
)
def test_other_urls_are_refused_with_examples_and_without_the_password(url: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        Catalog.open(url)
    assert caught.value.code == "CATALOG_URL_INVALID"
    assert "sqlite:////" in caught.value.message
    assert "postgresql://user:password@host" in caught.value.message
    assert "secret" not in caught.value.message


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        Catalog.open(f"postgresql://u:secret@/d?host={tmp_path}")
    assert caught.value.code == "CATALOG_UNREACHABLE"
    assert "u:***@" in caught.value.message
    assert "secret" not in caught.value.message


def test_a_database_that_is_not_there(postgres_url: str) -> None:
    with pytest.raises(UserError, match="nowhere") as caught:
        Catalog.open(
            str(parse_url(postgres_url).set(database="nowhere").render_as_string(hide_password=False))
        )
    assert caught.value.code == "CATALOG_UNREACHABLE"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all, but long enough to look like a header" * 10)
    (tmp_path / "folder").mkdir()
    for name in ("x.db", "folder", "x.db/below.db"):
        with pytest.raises(UserError, match="cannot be opened") as caught:
            Catalog.open(f"sqlite:///{tmp_path}/{name}")
        assert caught.value.code == "CATALOG_UNREACHABLE"
    assert b"no database at all" in (tmp_path / "x.db").read_bytes()


def test_folders_are_made_and_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "catalog.db"
    with Catalog.open(f"sqlite:///{path}") as catalog:
        catalog.projects.create("star")
        assert {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {
            "catalog.db": 0o600,
            "catalog.db-wal": 0o600,
            "catalog.db-shm": 0o600,
            "catalog.db.lock.migrate": 0o600,
        }


def test_the_password_is_never_shown() -> None:
    assert shown(parse_url("postgres://u:secret@h/d")) == "postgresql+psycopg://u:***@h/d"
