"""A delivery that waits hours for its next try, sent by hand. On a desk of its own: its pauses are long."""

from __future__ import annotations

from pathlib import Path

from aftercall.catalog.deliveries import Delivery
from tests.jobs.desk import desk as open_desk
from tests.jobs.desk import wrote
from tests.jobs.receiver import receiver, status
from tests.jobs.test_deliveries import until_done


def test_one_that_waits_for_its_next_try_can_be_sent_at_once(tmp_path: Path) -> None:
    with open_desk(tmp_path, {"delivery_backoff_s": (3600.0,)}) as desk, receiver() as server:
        server.script = status(503)
        project = desk.project(lambda work: wrote(work, A=1))
        desk.catalog.webhooks.create(project.id, server.url)
        desk.call(project)

        def tried() -> Delivery | None:
            log = desk.catalog.deliveries.list(project.id)
            return log[0] if log and log[0].tries else None

        one = desk.until(tried, "the first try")
        assert one.status == "pending"
        server.script = status(204)
        desk.jobs.redeliver(one.id)
        [again] = until_done(desk, project)
        assert (again.id, again.status, again.tries) == (one.id, "delivered", 2)
