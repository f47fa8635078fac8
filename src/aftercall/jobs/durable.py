"""DBOS: jobs that outlive their process. The one file that knows it; imported late, it takes half a second.

Its tables hold job ids, conversation ids and statuses, nothing that was said in a call. They may even be
lost: what is due is derived from the store, so jobs are handed out again (deliveries from their log).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event

from aftercall.errors import InternalError, Unavailable
from aftercall.jobs.settings import Settings
from aftercall.jobs.task import Analyse, Deliver, Task

if TYPE_CHECKING:
    from dbos import DBOSClient

APP = "aftercall"
VERSION = "1"
"""Goes up when a job of an older version could not be finished by this code. A job under way moves on to a
new release of ours; DBOS's own default, a hash of the code, would leave it behind."""
POLL_S = 0.1
"""At DBOS's default of a second a job would wait longer for its turn than it runs."""
DELIVERIES_AT_ONCE = 32
DELIVERIES_PER_WEBHOOK = 8
"""So that a receiver that hangs holds up its own deliveries only."""
MAX_STARTS = 25
"""A job whose process died this often is not started again. Not few: with the one that kills the process all
others that run beside it are counted."""
_UNFINISHED = ["ENQUEUED", "DELAYED", "PENDING"]
_EXHAUSTED = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
_FINISHED = ["SUCCESS", "ERROR", "CANCELLED", _EXHAUSTED]

log = logging.getLogger(__name__)
_one_per_process = threading.Lock()


class Durable:
    """Hands out jobs and runs them. DBOS allows one per process.

    ``analyse`` says whether anybody is to be told; if so, ``hand_over`` is called with the same task. Both,
    and ``deliver``, may be called again for the same job after a crash, and must not mind.
    """

    def __init__(
        self,
        settings: Settings,
        executor_id: str,
        *,
        analyse: Callable[[Analyse], bool],
        hand_over: Callable[[Analyse], None],
        deliver: Callable[[Deliver], None],
    ) -> None:
        self._settings = settings
        self._executor_id = executor_id
        self._analyse = analyse
        self._hand_over = hand_over
        self._deliver = deliver
        self._engine: Engine | None = None
        self._client: DBOSClient | None = None

    def start(self) -> None:
        """Takes up what this executor had begun when it ended. Raises what the database raises."""
        if not _one_per_process.acquire(blocking=False):
            raise Unavailable("Post-call jobs run already in this process.")
        try:
            self._launch()
        except BaseException:
            self.close()
            raise

    def _launch(self) -> None:
        from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

        self._engine = _engine(self._settings.url)
        DBOS(
            config={
                "name": APP,
                "system_database_url": self._settings.url,
                "system_database_engine": self._engine,
                "application_version": VERSION,
                "executor_id": self._executor_id,
                "log_level": "ERROR",
                "serializer": DBOSPortableJSONSerializer(),  # its own default is pickle
                "use_listen_notify": False,
                "notification_listener_polling_interval_sec": 1.0,
            }
        )
        self._register()
        DBOS.launch()
        # Queues live in the database, which launching has just migrated.
        DBOS.register_queue(
            Analyse.queue,
            worker_concurrency=self._settings.concurrency,
            polling_interval_sec=POLL_S,
            on_conflict="always_update",
        )
        DBOS.register_queue(
            Deliver.queue,
            worker_concurrency=DELIVERIES_AT_ONCE,
            partition_worker_concurrency=DELIVERIES_PER_WEBHOOK,
            polling_interval_sec=2 * POLL_S,
            on_conflict="always_update",
        )
        self._client = DBOSClient(
            system_database_engine=self._engine,
            application_name=APP,
            serializer=DBOSPortableJSONSerializer(),
        )

    def _register(self) -> None:
        from dbos import DBOS

        # No DBOS steps: each part leaves its mark where its effect is (the store, the log of deliveries) and
        # looks there first, so a second record of it would cost two transactions a call and prove nothing.
        @DBOS.workflow(name=Analyse.queue, max_recovery_attempts=MAX_STARTS)
        def postcall(arguments: dict[str, Any]) -> None:
            task = Analyse(**arguments)
            if self._analyse(task):
                self._hand_over(task)

        @DBOS.workflow(name=Deliver.queue, max_recovery_attempts=MAX_STARTS)
        def delivery(arguments: dict[str, Any]) -> None:
            self._deliver(Deliver(**arguments))

    # --- handing out

    def enqueue(self, tasks: Sequence[Task], delay_s: float | None = None) -> None:
        """All of them in one transaction: a quarter of a millisecond each, instead of ten. One that was
        handed out before, and is still known, is left as it is."""
        client, engine = self._open()
        with engine.begin() as connection:
            for task in tasks:
                client.enqueue_in_transaction(connection, _options(task, delay_s), task.arguments())

    def unfinished(self, queue: str) -> set[str]:
        """Ids of the jobs that are waiting or under way, in whichever process."""
        found = self._open()[0].list_workflows(
            queue_name=queue, status=_UNFINISHED, load_input=False, load_output=False
        )
        return {one.workflow_id for one in found}

    def forget_finished(self, ids: Collection[str]) -> set[str]:
        """Of these, makes room for those that are over to be handed out again. The ids of those whose
        process died every time they were started."""
        client = self._open()[0]
        found = client.list_workflows(
            workflow_ids=list(ids), status=_FINISHED, load_input=False, load_output=False
        )
        if found:
            client.delete_workflows([one.workflow_id for one in found])
        return {one.workflow_id for one in found if one.status == _EXHAUSTED}

    def take_over(self, executor_ids: Sequence[str]) -> None:
        """What these dead processes had begun goes back into its queue, for whoever is alive."""
        from dbos import DBOS

        self._open()
        # The public resume would also restart what a living process has taken meanwhile.
        DBOS._recover_pending_workflows(list(executor_ids))

    def forget_delayed(self, ids: Collection[str]) -> None:
        """Of these, makes room for those that are over, or wait for their time, to be handed out at once."""
        client = self._open()[0]
        found = client.list_workflows(
            workflow_ids=list(ids), status=["DELAYED", *_FINISHED], load_input=False, load_output=False
        )
        if found:
            client.delete_workflows([one.workflow_id for one in found])

    def forget(self, prefix: str) -> None:
        """Remove jobs whose ids begin so and that are over."""
        client = self._open()[0]
        over = client.list_workflows(
            workflow_id_prefix=prefix, status=_FINISHED, load_input=False, load_output=False
        )
        if over:
            client.delete_workflows([one.workflow_id for one in over])

    def prune(self, keep_s: float, at_once: int = 2_000) -> int:
        """Removes jobs that were over this long ago; how many."""
        client = self._open()[0]
        before = datetime.now(UTC) - timedelta(seconds=keep_s)
        old = client.list_workflows(
            status=_FINISHED,
            completed_before=before.isoformat(),
            limit=at_once,
            load_input=False,
            load_output=False,
        )
        if old:
            client.delete_workflows([one.workflow_id for one in old])
        return len(old)

    def close(self) -> None:
        """Jobs still under way stay what they are in the database, and are taken up by the next start:
        nothing that their threads do from here on gets through."""
        from dbos import DBOS

        try:
            DBOS.destroy(destroy_registry=True)
            if self._client is not None:
                self._client.destroy()
                self._client = None
            if self._engine is not None:
                event.listen(self._engine, "do_connect", _refuse)
                self._engine.dispose()
                self._engine = None
        finally:
            _one_per_process.release()

    def _open(self) -> tuple[DBOSClient, Engine]:
        if self._client is None or self._engine is None:
            raise Unavailable("Post-call jobs are starting or stopping: try again in a moment.")
        return self._client, self._engine


def _refuse(*_: Any) -> None:
    # No database error: those DBOS would wait out, for ever.
    raise InternalError("post-call jobs are closed")


def _options(task: Task, delay_s: float | None) -> Any:
    options: dict[str, Any] = {
        "workflow_name": task.queue,
        "queue_name": task.queue,
        "workflow_id": task.id,
        "app_version": VERSION,
    }
    if delay_s:
        options["delay_seconds"] = delay_s
    if isinstance(task, Deliver):
        options["queue_partition_key"] = task.lane
    return options


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        address = "postgresql+psycopg://" + url.partition("://")[2]
        return create_engine(address, pool_size=10, max_overflow=20, pool_pre_ping=True)
    # Few connections: threads that wait for one of them are woken in turn, those that wait for SQLite's lock
    # sleep and try again. With a hundred, twice the time went by.
    engine = create_engine(url, pool_size=4, max_overflow=0)

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        # As DBOS sets up its own connections, and: readers do not wait for the writer, and a commit does not
        # wait for the disk. A power cut may forget the last jobs; the store knows what is due.
        connection.isolation_level = "IMMEDIATE"
        for setting in ("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {setting}")

    return engine
