"""What happens after a call: what is due, the durable work on it, and telling others of its results.

    jobs = Jobs(config, catalog, store, render=..., door=...)
    jobs.start()
    jobs.replay(project, "call-1")
    jobs.close()

The way of a call, file by file:

    due.py          asks the store which conversations ended and have no result of all their events
    poller.py       hands them out as jobs (handout.py, task.py); one process at a time
    durable.py      DBOS: jobs that outlive their process
    analysis.py     one attempt: load (told.py), run the steps (step.py, project_code.py), commit (attempt.py)
    deliveries.py   tell the webhooks (sender.py, address.py, signature.py)
    housekeeping.py lost calls (lost.py), dead processes (heartbeat.py), what is long over
    backfills.py    declared fields of conversations that are long over
    erasures.py     what erasure means outside the store
    secrets.py      what conv.utils.get_secret finds
    replay.py, status.py  what people ask for
"""

from __future__ import annotations

from aftercall.jobs.backfills import Backfills
from aftercall.jobs.due import Failure
from aftercall.jobs.jobs import Jobs
from aftercall.jobs.settings import Settings
from aftercall.jobs.status import Counts

__all__ = ["Backfills", "Counts", "Failure", "Jobs", "Settings"]
