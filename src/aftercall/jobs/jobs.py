"""Jobs: one door to everything in this room."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.deliveries import Delivery
from aftercall.catalog.projects import Project
from aftercall.catalog.webhooks import Webhook
from aftercall.config import Config
from aftercall.errors import Unavailable
from aftercall.jobs.analysis import Analysis
from aftercall.jobs.declared import Declared
from aftercall.jobs.deliveries import Deliverer, Render
from aftercall.jobs.due import DueReader, Failure
from aftercall.jobs.durable import Durable
from aftercall.jobs.erasures import Erasures
from aftercall.jobs.handout import Handout
from aftercall.jobs.heartbeat import Heartbeat, Name
from aftercall.jobs.housekeeping import Housekeeping
from aftercall.jobs.lost import LostCalls
from aftercall.jobs.poller import Poller
from aftercall.jobs.previous import PreviousContacts
from aftercall.jobs.project_code import GetSecret, ProjectCode
from aftercall.jobs.replay import Replay
from aftercall.jobs.sender import Answer, Sender
from aftercall.jobs.settings import Settings
from aftercall.jobs.status import Counter, Counts, ProjectCounts
from aftercall.jobs.step import Step
from aftercall.jobs.told import Loader
from aftercall.jobs.watermark import Watermark
from aftercall.jobs.workload import Workload
from aftercall.jobs.writer import Writer
from aftercall.llm import Door
from aftercall.runtime import Limits, Pool
from aftercall.runtime.limits import MIB
from aftercall.store.store import Store

READY_S = 30.0
ASKED_S = 5.0
"""How long somebody who asks for something waits for a start that is under way."""
RETRY_START_S = 5.0

T = TypeVar("T")
A = TypeVar("A")
log = logging.getLogger(__name__)


class Jobs:
    """Post-call work of one process, over an open catalog and store. ``start`` first; ``close`` before these.

    ``render``: a conversation as webhooks get it. ``door``: to the models. ``steps``: what post-call work
    consists of; without them the project's own ``end_function``, then the fields that its metrics declare.
    """

    def __init__(
        self,
        config: Config,
        catalog: Catalog,
        store: Store,
        *,
        render: Render,
        door: Door | None = None,
        get_secret: GetSecret | None = None,
        steps: Sequence[Step] | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings = settings or Settings.of(config)
        self._previous = PreviousContacts(store.engine)
        if steps is None:
            limits = Limits(seconds=settings.seconds, memory_bytes=settings.memory_mb * MIB)
            pool = Pool(settings.home, size=settings.workers, total=max(8, settings.workers), limits=limits)
            steps = [
                ProjectCode(settings.home, pool, door=door, get_secret=get_secret),
                Declared(catalog, door=door, previous_contacts=self._previous.ask),
            ]
        self._catalog = catalog
        self._steps = list(steps)
        self._engine = store.engine
        self._door = door
        self._loader = Loader(store.engine)
        self._reader = DueReader(store, settings)
        self._workload = Workload(catalog, self._steps, settings.fresh_s)
        self._watermark = Watermark(catalog, "watermark")
        self._writer = Writer(store.committer)
        self._counter = Counter(catalog, self._reader, self._workload, self._watermark)
        self._analysis = Analysis(
            self._workload, self._loader, self._writer, self._steps, settings, self._counter.attempted
        )
        sender = Sender(timeout_s=settings.delivery_timeout_s, allow_private=settings.allow_private)
        self._deliverer = Deliverer(catalog, self._loader, sender, settings, render)
        self._lost = LostCalls(store, self._reader, Watermark(catalog, "lost"))
        self._name: Name | None = None
        self._durable: Durable | None = None
        self._parts: tuple[Heartbeat | Poller | Housekeeping | Erasures, ...] = ()
        self._ready = threading.Event()
        self.state: Literal["starting", "running", "failing", "stopped"] = "starting"
        """``failing``: could not start, and tries again; the log says why."""
        self._stopping = threading.Event()
        self._gone = threading.Event()
        self._starter = threading.Thread(target=self._start, name="postcall-start", daemon=True)

    # --- life

    def start(self) -> None:
        """Returns at once: opening DBOS takes a second, which a server's start need not wait for."""
        self._loader.start()
        self._previous.start()
        self._writer.start()
        self._starter.start()

    def wait_ready(self, timeout: float = READY_S) -> Durable:
        """Raises Unavailable (JOBS_NOT_READY)."""
        waiting = timeout if self.state == "starting" else 0.0
        if not self._ready.wait(waiting) or self._durable is None or self._stopping.is_set():
            raise Unavailable(
                "Post-call jobs are not running (see the server's log): try again in a moment.",
                code="JOBS_NOT_READY",
            )
        return self._durable

    def close(self) -> None:
        """Let what is under way finish for ``settings.stop_s``; the next start repeats the rest."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self.state = "stopped"
        if self._starter.ident is not None:
            self._starter.join()
        for part in reversed(self._parts):
            part.close()
        self._counter.wait_idle(self.settings.stop_s)
        self._analysis.stopping = True
        for step in self._steps:
            step.close()
        if self._durable is not None:
            self._durable.close()
        self._gone.set()
        self._loader.close()
        self._previous.close()
        self._writer.close()
        if self._name is not None:
            self._name.release()

    # --- what people ask for

    def replay(self, project: Project, conversation_id: str, *, fresh: bool = False) -> str:
        """Analyse a conversation again, with the project's newest code; the new attempt's name.

        ``fresh``: models are asked anew, where else the same questions get the answers stored before.
        Raises NotFound (CONVERSATIONS_NOT_FOUND), Conflict (CONVERSATION_IN_PROGRESS), Unavailable.
        """
        return Replay(self.wait_ready(ASKED_S), self._loader, self._reader).one(
            project.id, conversation_id, fresh=fresh
        )

    def replay_failed(self, project: Project, *, fresh: bool = False) -> int:
        """The same for every conversation whose newest attempt failed; how many these are."""
        return Replay(self.wait_ready(ASKED_S), self._loader, self._reader).failed(project.id, fresh=fresh)

    def failures(
        self, project: Project, *, limit: int = 100, before: tuple[int, str] | None = None
    ) -> list[Failure]:
        """Conversations whose newest attempt failed, the newest calls first.

        ``before``: ``(started_at, conversation_id)`` of the last one of the page before.
        """
        return self._reader.failures(project.id, limit=limit, before=before)

    def redeliver(self, delivery_id: str) -> Delivery:
        """Send a delivery once more, under its old id. Raises NotFound (DELIVERY_NOT_FOUND), Unavailable."""
        self.wait_ready(ASKED_S)
        return self._deliverer.again(delivery_id)

    def try_webhook(self, hook: Webhook) -> Answer:
        """Send a ``webhook.test`` now and wait for the answer. The log knows nothing of it."""
        return self._deliverer.try_out(hook)

    def counts(self) -> Counts:
        """For operators and /metrics; at most ten seconds old."""
        parts = [part for part in self._parts if not isinstance(part, Heartbeat)]
        return self._counter.now(failures=sum(part.failures for part in parts))

    @property
    def running(self) -> int:
        """Jobs under way in this process."""
        return self._counter.running

    def project_counts(self, project: Project) -> ProjectCounts:
        """How one project stands, now."""
        return self._counter.of_project(project)

    # --- opening

    def _start(self) -> None:
        while not self._stopping.is_set():
            try:
                self._open()
            except Exception:
                log.exception("post-call jobs could not start; trying again in %s s", RETRY_START_S)
                self._note("failing")
                self._stopping.wait(RETRY_START_S)
            else:
                self._ready.set()
                self._note("running")
                return

    def _note(self, state: Literal["running", "failing"]) -> None:
        if not self._stopping.is_set():
            self.state = state

    def _open(self) -> None:
        name = self._name = self._name or Name(self.settings.home)
        heartbeat = Heartbeat(self._catalog.workers, name.text, self.settings.beat_s)
        heartbeat.beat()  # nothing is begun by a process nobody has heard of
        durable = Durable(
            self.settings,
            name.text,
            analyse=self._guarded(self._analysis.run),
            hand_over=self._guarded(self._deliverer.hand_over),
            deliver=self._guarded(self._deliverer.run),
        )
        self._deliverer.use(durable)
        durable.start()
        self._durable = durable
        handout = Handout(durable, self._analysis.give_up)
        poller = Poller(self._catalog, self._reader, handout, self._workload, self._watermark, self.settings)
        house = Housekeeping(
            self._catalog,
            self._reader,
            durable,
            poller,
            self._workload,
            self._watermark,
            self._lost,
            self._deliverer,
            self.settings,
            name.text,
        )
        erasures = Erasures(
            self._engine, self._catalog, durable, self._door, name.text, self.settings.housekeeping_s
        )
        self._parts = (heartbeat, poller, house, erasures)
        for part in self._parts:
            part.start()

    def _guarded(self, work: Callable[[A], T]) -> Callable[[A], T]:
        """A job that begins while we stop, or fails because we do, must not be written down as failed: it
        waits until DBOS is closed, and so stays in its tables as it is, for the next start."""

        def run(task: A) -> T:
            if self._stopping.is_set():
                self._gone.wait()
                raise Unavailable("The server is stopping.")
            try:
                with self._counter.under_way():
                    return work(task)
            except Exception as error:
                if self._stopping.is_set():
                    self._gone.wait()
                else:
                    log.warning("a job failed and is tried again: %s: %s", type(error).__name__, error)
                raise

        return run
