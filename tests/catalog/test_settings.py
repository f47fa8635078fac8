from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aftercall.catalog import Catalog
from aftercall.catalog.text import DEEPEST_JSON
from aftercall.errors import InvalidInput

storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | storable,
    lambda inner: st.lists(inner) | st.dictionaries(storable, inner),
    max_leaves=10,
)


@given(plain)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_what_was_set_comes_back(catalog: Catalog, value: Any) -> None:
    catalog.settings.set("sweep", value)
    returned = catalog.settings.get("sweep")
    assert returned == value
    assert type(returned) is type(value)


def test_a_number_beyond_64_bits_is_not_rounded(catalog: Catalog) -> None:
    catalog.settings.set("n", 2**200 + 1)
    assert catalog.settings.get("n") == 2**200 + 1


def test_another_process_sees_it_and_the_last_one_wins(catalog: Catalog, other: Catalog) -> None:
    assert other.settings.get("sweep") is None
    assert other.settings.get("sweep", 0) == 0
    catalog.settings.set("sweep", {"at": 1})
    catalog.settings.set("sweep", {"at": 2})
    assert other.settings.get("sweep", 0) == {"at": 2}
    other.settings.set("sweep", None)
    assert catalog.settings.get("sweep", 0) is None


def test_threads_that_set_one_name_at_once(catalog: Catalog) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: catalog.settings.set("same", number), range(40)))
    assert catalog.settings.get("same") in range(40)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        "\0",
        ["\ud800"],
        {"\0": 1},
        {1: 1},
        {"a": object()},
        pytest.param(10**5000, id="5001 digits"),
        pytest.param(nested(5000), id="5000 levels"),
    ],
)
def test_what_json_cannot_hold_is_refused(standing: Catalog, value: Any) -> None:
    with pytest.raises(InvalidInput):
        standing.settings.set("x", value)
    assert standing.settings.get("x", "nothing") == "nothing"


def test_the_deepest_that_is_allowed(catalog: Catalog) -> None:
    catalog.settings.set("x", nested(DEEPEST_JSON - 1))
    assert catalog.settings.get("x") == nested(DEEPEST_JSON - 1)
    with pytest.raises(InvalidInput, match="nested deeper"):
        catalog.settings.set("x", nested(DEEPEST_JSON))


@pytest.mark.parametrize("name", ["", "\0", "\ud800", "x" * 201, None])
def test_names_must_be_text(standing: Catalog, name: Any) -> None:
    for ask in (lambda: standing.settings.get(name), lambda: standing.settings.set(name, 1)):
        with pytest.raises(InvalidInput):
            ask()
