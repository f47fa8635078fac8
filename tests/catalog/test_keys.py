from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from aftercall.catalog import ApiKeys, Catalog, Principal, Project, database
from aftercall.catalog.keys import CACHE_SECONDS, LAST_USED_EVERY_MS
from aftercall.errors import InvalidInput, NotFound


class Clock:
    """A monotonic clock (seconds) and a wall clock (ms) that stand still until told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> int:
        return 1_800_000_000_000 + round(self.seconds * 1000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(catalog: Catalog, clock: Clock) -> ApiKeys:
    return ApiKeys(catalog.database, clock.monotonic, clock.now)


def test_a_key_of_one_project(catalog: Catalog, project: Project) -> None:
    key, plaintext = catalog.keys.create("agent", ["ingest", "read"], project="star")
    assert key.prefix == plaintext[:12]
    assert key.prefix.startswith("ac_live_")
    assert len(plaintext) == 72
    assert catalog.keys.verify(plaintext) == Principal(
        account_id=project.account_id,
        account_slug="default",
        project_id=project.id,
        project_slug="star",
        key_id=key.id,
        scopes=frozenset({"ingest", "read"}),
    )


def test_a_key_of_the_whole_account(catalog: Catalog) -> None:
    acme = catalog.accounts.create("acme")
    _, plaintext = catalog.keys.create("ops", {"admin"}, account="acme")
    principal = catalog.keys.verify(plaintext)
    assert principal is not None
    assert (principal.account_id, principal.account_slug) == (acme.id, "acme")
    assert (principal.project_id, principal.project_slug) == (None, None)


def test_another_process_knows_it_too(catalog: Catalog, other: Catalog) -> None:
    _, plaintext = catalog.keys.create("agent", ["read"])
    assert other.keys.verify(plaintext) == catalog.keys.verify(plaintext) is not None


def test_anything_else_is_nobody(catalog: Catalog) -> None:
    _, plaintext = catalog.keys.create("agent", ["read"])
    wrong = plaintext[:-1] + ("0" if plaintext[-1] != "0" else "1")
    guesses: list[Any] = [
        "",
        "x",
        wrong,
        plaintext.upper(),
        plaintext + "\n",
        " " + plaintext,
        plaintext + "0",
    ]
    guesses += ["\0", "\ud800", "ac_live_" + "\ud800" * 64, hashlib.sha256(plaintext.encode()).hexdigest()]
    guesses += [None, 7, plaintext.encode()]
    assert [catalog.keys.verify(guess) for guess in guesses] == [None] * len(guesses)


def test_lists_show_a_prefix_and_never_the_key(catalog: Catalog, project: Project) -> None:
    first, plaintext = catalog.keys.create("agent", ["ingest"], project="star")
    second, _ = catalog.keys.create("whole", ["read"])
    catalog.accounts.create("acme")
    catalog.keys.create("theirs", ["read"], account="acme")
    assert catalog.keys.list() == (first, second)
    assert [key.project_slug for key in catalog.keys.list()] == ["star", None]
    assert plaintext[12:] not in repr(catalog.keys.list())


def test_only_hashes_are_on_disk(catalog: Catalog, project: Project) -> None:
    _, plaintext = catalog.keys.create("agent", ["ingest"], project="star")
    assert catalog.keys.verify(plaintext)
    written = _everything_written(catalog)
    assert hashlib.sha256(plaintext.encode()).hexdigest().encode() in written  # the search can find something
    assert plaintext.encode() not in written
    assert plaintext[len("ac_live_") + 8 :].encode() not in written


def _everything_written(catalog: Catalog) -> bytes:
    if catalog.database.is_sqlite:
        folder = Path(str(catalog.database.url.database)).parent
        return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    with catalog.read() as session:
        return "".join(session.scalars(text("SELECT k::text FROM api_keys k"))).encode()


def test_a_key_revoked_here_stops_at_once(catalog: Catalog) -> None:
    key, plaintext = catalog.keys.create("agent", ["read"])
    assert catalog.keys.verify(plaintext)
    revoked = catalog.keys.revoke(key.id)
    assert catalog.keys.verify(plaintext) is None
    assert revoked.revoked_at is not None
    assert catalog.keys.list()[0].revoked_at == revoked.revoked_at


def test_a_removed_key_stops_at_once_and_is_listed_no_more(catalog: Catalog) -> None:
    key, plaintext = catalog.keys.create("agent", ["read"])
    kept, _ = catalog.keys.create("another", ["read"])
    assert catalog.keys.verify(plaintext)
    catalog.keys.remove(key.id)
    assert catalog.keys.verify(plaintext) is None
    assert [one.id for one in catalog.keys.list()] == [kept.id]
    with pytest.raises(NotFound):
        catalog.keys.remove(key.id)


def test_a_key_revoked_elsewhere_stops_within_the_window(
    catalog: Catalog, other: Catalog, keys: ApiKeys, clock: Clock
) -> None:
    assert CACHE_SECONDS <= 5
    key, plaintext = catalog.keys.create("agent", ["read"])
    assert keys.verify(plaintext)
    other.keys.revoke(key.id)
    clock.seconds += CACHE_SECONDS * 0.99
    assert keys.verify(plaintext), "the cache should have answered"
    clock.seconds += CACHE_SECONDS * 0.01  # asking meanwhile does not prolong it
    assert keys.verify(plaintext) is None


def test_a_key_revoked_while_it_is_read_is_not_cached(
    catalog: Catalog, keys: ApiKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, plaintext = catalog.keys.create("agent", ["read"])
    really_read = catalog.database.read

    @contextmanager
    def revoke_after_reading() -> Iterator[Session]:
        with really_read() as session:
            yield session
        monkeypatch.undo()
        keys.revoke(key.id)

    monkeypatch.setattr(catalog.database, "read", revoke_after_reading)
    assert keys.verify(plaintext), "it was read before the revocation"
    assert keys.verify(plaintext) is None


def test_a_cached_answer_needs_no_database(catalog: Catalog, keys: ApiKeys) -> None:
    _, plaintext = catalog.keys.create("agent", ["read"])
    first = keys.verify(plaintext)
    with catalog.write() as session:
        session.execute(text("DELETE FROM api_keys"))
    assert first is not None
    assert keys.verify(plaintext) is first


def test_a_key_made_after_a_refusal_works_at_once(catalog: Catalog, keys: ApiKeys) -> None:
    """A refusal is never cached: what was unknown may exist a moment later."""
    _, plaintext = catalog.keys.create("agent", ["read"])
    with catalog.write() as session:
        session.execute(text("UPDATE api_keys SET revoked_at = 1"))
    assert keys.verify(plaintext) is None
    with catalog.write() as session:
        session.execute(text("UPDATE api_keys SET revoked_at = NULL"))
    assert keys.verify(plaintext)


def test_revoking_twice_keeps_the_first_time(catalog: Catalog, keys: ApiKeys, clock: Clock) -> None:
    key, _ = catalog.keys.create("agent", ["read"])
    first = keys.revoke(key.id)
    clock.seconds += 60
    assert keys.revoke(key.id) == first


def test_one_account_cannot_revoke_the_key_of_another(catalog: Catalog) -> None:
    catalog.accounts.create("acme")
    key, plaintext = catalog.keys.create("agent", ["read"])
    for key_id, account in ((key.id, "acme"), (key.id, "nobody"), (2**40, "default"), (-1, "default")):
        with pytest.raises(NotFound) as caught:
            catalog.keys.revoke(key_id, account=account)
        assert caught.value.code == "KEY_NOT_FOUND"
    assert catalog.keys.verify(plaintext)


def test_last_use_is_noted_once_a_minute(catalog: Catalog, keys: ApiKeys, clock: Clock) -> None:
    _, plaintext = catalog.keys.create("agent", ["read"])
    assert catalog.keys.list()[0].last_used_at is None
    keys.verify(plaintext)
    first = clock.now()
    assert catalog.keys.list()[0].last_used_at == first
    clock.seconds += LAST_USED_EVERY_MS / 1000 - 1
    keys.verify(plaintext)
    assert catalog.keys.list()[0].last_used_at == first
    clock.seconds += CACHE_SECONDS
    keys.verify(plaintext)
    assert catalog.keys.list()[0].last_used_at == clock.now() > first


def test_a_busy_database_does_not_shut_out_a_good_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with Catalog.open(f"sqlite:///{tmp_path}/catalog.db") as catalog:
        _, plaintext = catalog.keys.create("agent", ["read"])
        with catalog.write() as session, caplog.at_level(logging.WARNING):
            session.execute(text("SELECT 1"))  # the writer's lock is taken with the first statement
            assert catalog.keys.verify(plaintext)
        assert "not noted" in caplog.text
        assert plaintext not in caplog.text


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "\ud800"], ["read", None], "reads"])
def test_scopes_must_exist(standing: Catalog, scopes: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        standing.keys.create("agent", scopes)
    assert caught.value.code == "INVALID_SCOPE"
    assert "read:transcripts" in caught.value.message


@pytest.mark.parametrize("name", ["", "a\0", "\ud800", "x" * 201, None])
def test_names_must_be_text(standing: Catalog, name: Any) -> None:
    with pytest.raises(InvalidInput):
        standing.keys.create(name, ["read"])
    assert standing.keys.list() == ()


def test_a_key_needs_a_project_of_its_account(catalog: Catalog, project: Project) -> None:
    catalog.accounts.create("acme")
    with pytest.raises(NotFound) as caught:
        catalog.keys.create("agent", ["read"], project="star", account="acme")
    assert caught.value.code == "PROJECT_NOT_FOUND"
    with pytest.raises(InvalidInput):
        catalog.keys.create("agent", ["read"], project="a\0")
