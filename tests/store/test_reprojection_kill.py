"""What a killed process had begun to make again, the next one makes to its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aftercall.catalog.catalog import Catalog
from aftercall.store.store import Store
from tests.store.dies_midway import CALLS


@pytest.mark.slow
def test_it_goes_on_after_kill_9_where_it_was(home: Path) -> None:
    child = [sys.executable, "-m", "tests.store.dies_midway", str(home)]
    done = subprocess.run(child, capture_output=True, text=True, timeout=120)
    assert done.returncode == 9, done.stderr
    with (
        Catalog.open(f"sqlite:///{home}/catalog.db") as catalog,
        Store(f"chdb://{home}/engine", catalog) as store,
    ):
        project = catalog.projects.get("clinic").id
        store.reprojector.settle(project)
        assert store.reprojection(project) is None
        known = store.engine.select(f"SELECT count(N), sum(N), count() FROM conversations_{project} FINAL")
        assert known == [(CALLS, 7.0 * CALLS, CALLS)]
        # Part of it was done before: rows say themselves what they were made with.
        assert 0 < store.reprojector.refreshed <= CALLS - CALLS // 3
