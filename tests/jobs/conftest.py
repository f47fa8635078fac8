"""One desk for all tests of a module: DBOS allows one per process, and opening costs a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jobs.desk import Desk
from tests.jobs.desk import desk as open_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("jobs")) as one:
        yield one
