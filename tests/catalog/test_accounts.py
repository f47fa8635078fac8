from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest

from aftercall.catalog import Catalog
from aftercall.errors import Conflict, InvalidInput, NotFound


def test_a_new_catalog_has_the_default_account(catalog: Catalog) -> None:
    (account,) = catalog.accounts.list()
    assert (account.slug, account.name) == ("default", "Default")
    assert abs(account.created_at - time.time() * 1000) < 3_600_000  # made once a session, perhaps long ago


def test_opening_again_makes_no_second_one(catalog: Catalog, other: Catalog) -> None:
    assert other.accounts.list() == catalog.accounts.list()
    assert len(other.accounts.list()) == 1


def test_create_get_list(catalog: Catalog) -> None:
    made = catalog.accounts.create("acme", name="Acme plc")
    assert catalog.accounts.get("acme") == made
    assert [account.slug for account in catalog.accounts.list()] == ["default", "acme"]


def test_a_record_cannot_be_changed(catalog: Catalog) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalog.accounts.get("default").name = "other"  # type: ignore[misc]


def test_a_slug_is_there_once(catalog: Catalog) -> None:
    with pytest.raises(Conflict) as caught:
        catalog.accounts.create("default")
    assert caught.value.code == "ACCOUNT_EXISTS"


@pytest.mark.parametrize("slug", ["a\0", "\ud800", None, 7])
def test_asking_needs_text_too(standing: Catalog, slug: Any) -> None:
    with pytest.raises(InvalidInput):
        standing.accounts.get(slug)
    with pytest.raises(InvalidInput):
        standing.projects.list(account=slug)
    with pytest.raises(InvalidInput):
        standing.keys.list(account=slug)


def test_a_missing_account_is_named(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="'nobody'") as caught:
        catalog.accounts.get("nobody")
    assert caught.value.code == "ACCOUNT_NOT_FOUND"


@pytest.mark.parametrize(
    "slug", ["", "Acme", "-a", "_a", "a b", "a/b", "é", "a" * 64, "a\n", "a\0", "\ud800", None, 7]
)
def test_other_slugs_are_refused(standing: Catalog, slug: str) -> None:
    with pytest.raises(InvalidInput):
        standing.accounts.create(slug)
