from __future__ import annotations

import pytest

from aftercall.demo.simulator import past
from tests.demo.history import CALLS, DAYS, UNTIL, Seen


@pytest.fixture(scope="session")
def history() -> list[Seen]:
    """Two months of simulated calls, end_function included."""
    return [Seen(events) for events in past(calls=CALLS, days=DAYS, until=UNTIL, analysed=True)]
