"""Telling webhooks of analysed conversations: ``conversation.analyzed``, signed, retried, logged.

**Guarantee**: every result is sent until its receiver takes it or the tries are used up, and sent once
where nothing goes wrong. After a crash it may be sent again, under the same delivery id: at least once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from aftercall import __version__
from aftercall.catalog.catalog import Catalog
from aftercall.catalog.deliveries import ERASED, Delivery, NewDelivery
from aftercall.catalog.projects import Project
from aftercall.catalog.webhooks import Webhook
from aftercall.errors import NotFound, Unavailable
from aftercall.jobs import signature
from aftercall.jobs.attempt import outcome_id
from aftercall.jobs.durable import Durable
from aftercall.jobs.sender import Answer, Sender
from aftercall.jobs.settings import Settings
from aftercall.jobs.task import Analyse, Deliver, delivery_id
from aftercall.jobs.told import Loader, Told
from aftercall.model.ids import new_id
from aftercall.model.times import iso, now_ms
from aftercall.store.reader import Found

EVENT = "conversation.analyzed"
TEST_EVENT = "webhook.test"
OVERDUE_S = 60.0
"""A delivery whose try is this late has lost its job, or its process."""

Render = Callable[[Found, Project], dict[str, Any]]
"""The conversation as the Conversations API shows it."""

log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


class Deliverer:
    def __init__(
        self, catalog: Catalog, loader: Loader, sender: Sender, settings: Settings, render: Render
    ) -> None:
        self._catalog = catalog
        self._loader = loader
        self._sender = sender
        self._settings = settings
        self._render = render
        self._durable: Durable | None = None

    def use(self, durable: Durable) -> None:
        """Through which tries are handed out, once that is open."""
        self._durable = durable

    @property
    def tries(self) -> int:
        return len(self._settings.delivery_backoff_s) + 1

    def hand_over(self, task: Analyse) -> None:
        """Enter the result into the log, once per webhook, and hand its first tries out."""
        new = [
            NewDelivery(
                id=delivery_id(hook.id, task.project_id, task.conversation_id, task.attempt),
                webhook_id=hook.id,
                project_id=task.project_id,
                conversation_id=task.conversation_id,
                attempt=task.attempt,
            )
            for hook in self._catalog.webhooks.list(task.project_id)
            if hook.active
        ]
        self.hand_out(self._catalog.deliveries.add(new, tries=self.tries) if new else ())

    def hand_out(self, deliveries: Sequence[Delivery], delay_s: float | None = None) -> None:
        if self._durable is None:
            raise Unavailable("Post-call jobs are starting: try again in a moment.", code="JOBS_NOT_READY")
        if deliveries:
            self._durable.enqueue([_next_try(one) for one in deliveries], delay_s)

    def revive(self, deliveries: Sequence[Delivery]) -> None:
        """Hand out anew what is overdue: its job got lost, or ended without a word."""
        tasks = [_next_try(one) for one in deliveries]
        if self._durable is not None:
            self._durable.forget_finished([task.id for task in tasks])
            self._durable.enqueue(tasks)

    def again(self, delivery: str) -> Delivery:
        """Send one again that was given up or taken. Raises NotFound (DELIVERY_NOT_FOUND)."""
        one = self._catalog.deliveries.again(delivery, tries=self.tries)
        if self._durable is not None:  # its next try may be waiting for its time under the same id
            self._durable.forget_delayed([_next_try(one).id])
        self.hand_out([one])
        return one

    def overdue(self) -> tuple[Delivery, ...]:
        return self._catalog.deliveries.overdue(now_ms() - int(OVERDUE_S * 1000))

    def try_out(self, hook: Webhook) -> Answer:
        """Whether its receiver takes anything at all; signed as every delivery is."""
        message = {
            "event": TEST_EVENT,
            "delivery_id": f"dl_test_{new_id()}",
            "created_at": iso(now_ms()),
            "project_id": self._catalog.projects.by_id(hook.project_id).slug,
        }
        body = _encode(message)
        return self._sender.post(hook.url, _headers(hook, TEST_EVENT, message["delivery_id"], body), body)

    def run(self, task: Deliver) -> None:
        """One try. What the receiver does is in the log afterwards."""
        try:
            self._run(task)
        except NotFound as gone:
            log.info(
                "delivery %s is not tried any more: %s", task.delivery_id, gone
            )  # its webhook was removed

    def _run(self, task: Deliver) -> None:
        one = self._catalog.deliveries.get(task.delivery_id)
        if one.status != "pending" or one.tries >= task.number:
            return
        hook = self._catalog.webhooks.get(one.webhook_id)
        told = self._loader.load(one.project_id, one.conversation_id) if hook.active else None
        if told is None:
            reason = ERASED if hook.active else "the webhook is switched off"
            self._catalog.deliveries.note(one.id, tries=task.number, status="dropped", error=reason)
            return
        body = _encode(self._message(one, told))
        answer = self._sender.post(hook.url, _headers(hook, EVENT, one.id, body), body)
        self._note(one, task.number, answer)

    def _note(self, one: Delivery, number: int, answer: Answer) -> None:
        entries = self._catalog.deliveries
        if answer.problem is None:
            entries.note(one.id, tries=number, status="delivered", response_code=answer.status)
            return
        if answer.final or one.tries_left <= 1:
            entries.note(
                one.id, tries=number, status="failed", response_code=answer.status, error=answer.problem
            )
            return
        delay_s = self._delay_s(one)
        noted = entries.note(
            one.id,
            tries=number,
            status="pending",
            response_code=answer.status,
            error=answer.problem,
            next_try_at=now_ms() + int(delay_s * 1000),
        )
        self.hand_out([noted], delay_s)

    def _delay_s(self, one: Delivery) -> float:
        delays = self._settings.delivery_backoff_s
        made = self.tries - one.tries_left  # before the one that just failed
        return delays[min(max(made, 0), len(delays) - 1)]

    def _message(self, one: Delivery, told: Told) -> dict[str, Any]:
        project = self._catalog.projects.by_id(one.project_id)
        outcome = told.outcome(outcome_id(one.attempt))
        return {
            "event": EVENT,
            "delivery_id": one.id,
            "created_at": iso(one.created_at),
            "project_id": project.slug,
            "analysis": {
                "attempt": one.attempt,
                "status": None if outcome is None else outcome.status,
                "error": None if outcome is None else outcome.error,
            },
            "conversation": self._render(told.found, project),
        }


def _next_try(one: Delivery) -> Deliver:
    return Deliver(one.id, one.webhook_id, one.tries + 1)


def _headers(hook: Webhook, event: str, delivery: str, body: bytes) -> dict[str, str]:
    now = int(time.time())
    return {
        "content-type": "application/json",
        "user-agent": f"aftercall/{__version__}",
        signature.EVENT_HEADER: event,
        signature.DELIVERY_HEADER: delivery,
        signature.TIMESTAMP_HEADER: str(now),
        signature.SIGNATURE_HEADER: signature.sign(hook.secret, now, body),
    }
