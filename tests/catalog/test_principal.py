from __future__ import annotations

import itertools
from typing import Any

import pytest

from aftercall.catalog import SCOPES, Principal


def principal(*scopes: str, project_id: int | None = None) -> Principal:
    return Principal(1, "default", project_id, None, 1, frozenset(scopes))


def test_a_scope_allows_itself_and_nothing_else() -> None:
    ordinary = SCOPES - {"admin"}
    for held, asked in itertools.product(ordinary, SCOPES):
        assert principal(held).may(asked) == (held == asked)


def test_admin_allows_everything() -> None:
    assert all(principal("admin").may(scope) for scope in SCOPES)


@pytest.mark.parametrize("scope", ["", "write", "READ", "read:*"])
def test_a_scope_that_does_not_exist_is_a_mistake_even_for_admin(scope: Any) -> None:
    with pytest.raises(ValueError, match="no scope"):
        principal("admin").may(scope)


def test_it_reaches_its_project_or_its_account() -> None:
    whole, one = principal("read"), principal("read", project_id=7)
    assert (whole.reaches(1, 7), whole.reaches(1, 8), whole.reaches(2, 7)) == (True, True, False)
    assert (one.reaches(1, 7), one.reaches(1, 8), one.reaches(2, 7)) == (True, False, False)
