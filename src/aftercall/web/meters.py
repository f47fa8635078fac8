"""What /metrics tells Prometheus. One registry per application, so that tests can make many.

No label carries anything of a customer: routes are templates, codes are ours.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from aftercall.ingest.intake import Answer

if TYPE_CHECKING:
    from aftercall.catalog.catalog import Catalog
    from aftercall.jobs import Jobs
    from aftercall.store.store import Store

log = logging.getLogger(__name__)

REJECTS_FRESH_S = 10.0
"""How old the count of waiting rejects may be: counting asks the engine once per project."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the lines, and nothing that reads them

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000)


class Meters:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "aftercall_ingest_events",
            "Events received, by what became of them (code: why one was rejected)",
            ["outcome", "code"],
            registry=self.registry,
        )
        self.requests = Counter(
            "aftercall_http_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "aftercall_http_request_seconds",
            "Time to answer",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.commit_seconds = Histogram(
            "aftercall_commit_seconds", "Time of one group commit", buckets=_SECONDS, registry=self.registry
        )
        self.commit_events = Histogram(
            "aftercall_commit_events", "Events in one group commit", buckets=_SIZES, registry=self.registry
        )
        self.ready = Gauge("aftercall_ready", "1 while this server takes requests", registry=self.registry)

    def count(self, answer: Answer) -> None:
        self.events.labels("accepted", "").inc(answer.accepted)
        self.events.labels("duplicate", "").inc(answer.duplicates)
        for refusal in answer.rejected:
            self.events.labels("rejected", refusal.code).inc()

    def watch(self, store: Store, catalog: Catalog) -> None:
        """Read the store's own counts at each scrape, and time its commits."""
        self.registry.register(_StoreCollector(store, catalog))
        store.committer.observe(self._committed)

    def watch_jobs(self, jobs: Jobs) -> None:
        """Read the counts of post-call work at each scrape."""
        self.registry.register(_JobsCollector(jobs))

    def _committed(self, seconds: float, events: int) -> None:
        self.commit_seconds.observe(seconds)
        self.commit_events.observe(events)

    def text(self) -> bytes:
        return generate_latest(self.registry)


class _StoreCollector(Collector):
    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog
        self._rejects = (-REJECTS_FRESH_S, 0)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: asking the store belongs to a scrape, not to registering."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        store = self._store
        yield GaugeMetricFamily(
            "aftercall_pending_events", "Events taken and not yet committed", store.committer.pending
        )
        yield GaugeMetricFamily(
            "aftercall_rejects_waiting", "Rejected events nobody has dealt with", self._rejects_waiting()
        )
        yield CounterMetricFamily(
            "aftercall_sweep_healed", "Conversations the sweep projected again", store.sweeper.healed
        )
        yield CounterMetricFamily("aftercall_sweep_failures", "Sweeps that failed", store.sweeper.failures)
        yield CounterMetricFamily(
            "aftercall_eraser_failures", "Purges of erased data that failed", store.eraser.failures
        )

    def _rejects_waiting(self) -> int:
        counted_at, waiting = self._rejects
        now = time.monotonic()
        if now - counted_at >= REJECTS_FRESH_S:
            waiting = sum(self._store.rejects.count(project.id) for project in self._catalog.projects.all())
            self._rejects = (now, waiting)
        return waiting


class _JobsCollector(Collector):
    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def describe(self) -> Iterator[GaugeMetricFamily]:
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        yield GaugeMetricFamily(
            "aftercall_postcall_up", "1 while this server does post-call work", self._jobs.state == "running"
        )
        try:
            counts = self._jobs.counts()
        except Exception:
            # One question that fails must not take all other numbers with it.
            log.exception("post-call work could not be counted")
            return
        yield GaugeMetricFamily(
            "aftercall_postcall_due", "Conversations that wait for post-call work", counts.due
        )
        yield GaugeMetricFamily(
            "aftercall_postcall_oldest_due_seconds",
            "For how long the oldest of them has been due",
            counts.oldest_due_age_s,
        )
        yield GaugeMetricFamily("aftercall_postcall_running", "Jobs under way here", counts.running)
        yield GaugeMetricFamily(
            "aftercall_postcall_failed", "Conversations whose newest attempt failed", counts.failed
        )
        attempts = CounterMetricFamily(
            "aftercall_postcall_attempts", "Attempts that ended here, by how", labels=["status"]
        )
        for status, number in sorted(counts.attempts.items()):
            attempts.add_metric([status], number)
        yield attempts
        yield CounterMetricFamily(
            "aftercall_postcall_faults", "Times that looking for post-call work failed", counts.faults
        )
        deliveries = GaugeMetricFamily(
            "aftercall_deliveries", "Deliveries in the log of webhooks, by status", labels=["status"]
        )
        for status in ("pending", "delivered", "failed", "dropped"):
            deliveries.add_metric([status], counts.deliveries.get(status, 0))
        yield deliveries
