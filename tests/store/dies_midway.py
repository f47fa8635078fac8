"""A process that begins to make rows again and is gone in the middle of it, as by kill -9.

``python -m tests.store.dies_midway HOME``
"""

from __future__ import annotations

import os
import sys
from typing import Any

from aftercall.catalog.catalog import Catalog
from aftercall.store.store import Store
from tests.store.conftest import BASE, incoming

CALLS = 700


def main(home: str) -> None:
    with Catalog.open(f"sqlite:///{home}/catalog.db") as catalog:
        store = Store(f"chdb://{home}/engine", catalog)
        project = catalog.projects.create("clinic").id
        told = [
            incoming(
                {"conversation_id": f"c{i}", "kind": "metric", "name": "N", "value": "7", "at": BASE + i}
            )
            for i in range(CALLS)
        ]
        for future in store.committer.submit(project, told):
            future.result()
        store.reprojector.settle(project)
        submit = store.committer.submit

        def submit_and_die(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("refresh") and store.reprojector.refreshed >= CALLS // 3:
                submit(*args, **kwargs)
                os._exit(9)
            return submit(*args, **kwargs)

        store.committer.submit = submit_and_die  # type: ignore[method-assign]
        catalog.metrics.update(project, "N", type="number")
        store.reprojector.settle(project)


if __name__ == "__main__":
    main(sys.argv[1])
